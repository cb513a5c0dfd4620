/**
 * Runs Python that nobody trusts, such as what a model wrote. {@link dev.leeway.sandbox.Sandbox} confines a program with bubblewrap or
 * refuses to run it; {@link dev.leeway.sandbox.UnitTests} says which assertions hold about a piece of code.
 */
package dev.leeway.sandbox;
