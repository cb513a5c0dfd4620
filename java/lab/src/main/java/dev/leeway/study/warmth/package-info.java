/** What training for warmth does to accuracy. */
package dev.leeway.study.warmth;
