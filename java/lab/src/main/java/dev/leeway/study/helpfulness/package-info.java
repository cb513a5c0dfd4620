/** What helpfulness training does to compassion. */
package dev.leeway.study.helpfulness;
