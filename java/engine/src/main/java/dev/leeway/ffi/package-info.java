/**
 * The binding of the C ABI: the only package that calls native code.
 *
 * <p>{@code leeway.h} specifies every op: formula, shapes, numerics, determinism. {@link dev.leeway.ffi.Ops} lists them,
 * {@link dev.leeway.ffi.Native} loads a back end, {@link dev.leeway.ffi.Call} checks sizes and fills an op's struct. Programs that
 * train, score or generate have no need of this package.
 */
package dev.leeway.ffi;
