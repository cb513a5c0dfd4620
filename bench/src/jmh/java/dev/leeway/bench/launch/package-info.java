/** The ways from Java to native code, and what each costs. */
package dev.leeway.bench.launch;
