/** Arms that differ in the prompt that they are trained under, and what is told of them beside contrasts. */
package dev.leeway.study.inoculation;
