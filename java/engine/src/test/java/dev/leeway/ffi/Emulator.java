package dev.leeway.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** Plants faults in the emulated device ({@code kernels/emu/faults.cpp}) and counts what it did; closing it makes the device work again. */
public final class Emulator implements AutoCloseable {

    private final MethodHandle plant;
    private final MethodHandle waits;
    private final MethodHandle graphs;

    /** Loads {@code libleeway_emu}. */
    public Emulator() {
        var symbols = SymbolLookup.libraryLookup(LibraryFile.locate("emu"), Arena.global());
        plant = Linker.nativeLinker().downcallHandle(symbols.findOrThrow("leeway_emu_plant"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
        waits = Linker.nativeLinker().downcallHandle(symbols.findOrThrow("leeway_emu_waits"), FunctionDescriptor.of(JAVA_LONG));
        graphs = Linker.nativeLinker().downcallHandle(symbols.findOrThrow("leeway_emu_graphs"), FunctionDescriptor.of(JAVA_LONG));
    }

    /** Lets the named fault happen behind {@code count} allocations or kernels, or from now on. */
    public void plant(String fault, long count) {
        try (var frame = Arena.ofConfined()) {
            if ((int) plant.invokeExact(frame.allocateFrom(fault), count) == 0) {
                throw new IllegalArgumentException("the emulator knows no fault " + fault);
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    /** How often the host has waited for the device. */
    public long waits() {
        return count(waits);
    }

    /** How many graphs were launched. */
    public long graphs() {
        return count(graphs);
    }

    private static long count(MethodHandle counter) {
        try {
            return (long) counter.invokeExact();
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    @Override
    public void close() {
        plant("none", 0);
    }
}
