/** The binding of the C ABI: the only package that calls native code. */
package dev.leeway.ffi;
