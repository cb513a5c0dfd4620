package dev.leeway.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CallTest {

    private final Native library = Native.open("cpu", 1);
    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void close() {
        library.close();
        arena.close();
    }

    private MemorySegment floats(float... values) {
        var segment = arena.allocate(Math.max(4L, values.length * 4L), 64).asSlice(0, values.length * 4L);
        MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
        return segment;
    }

    private static void refuses(String sentence, Runnable action) {
        assertEquals(sentence, assertThrows(IllegalArgumentException.class, action::run).getMessage());
    }

    private Call norm(MemorySegment x, Region residual, Region sum) {
        var y = floats(new float[8]);
        return library.call(Ops.RMSNORM_FORWARD).i64("rows", 2).i64("groups", 1).i64("width", 4).i64("stride", 4).at("x", Region.of(x))
            .at("residual", residual).at("weight", Region.of(floats(1, 1, 1, 1))).at("sum", sum).at("y", Region.of(y))
            .at("rstd", Region.of(floats(0, 0))).f32("eps", 1e-6).f32("weight_offset", 0).dtype("dtype", DType.F32);
    }

    @Test
    void aRegionThatIsTooSmallIsNamedWithWhatItNeedsAndWhatItHas() {
        refuses("rmsnorm_forward: x needs 32 B for (2, 4) f32, got 28 B", norm(floats(new float[7]), Region.NONE, Region.NONE)::run);
    }

    @Test
    void aFactorOfAShapeMayAddOne() {
        var call = library.call(Ops.ATTENTION_FORWARD).i64("rows", 1).i64("sequences", 1).i64("heads", 1).i64("kv_heads", 1)
            .i64("head_dim", 8)
            .i64("window", 0).at("sequence_starts", Region.of(floats(0)));
        for (var name : new String[] {"q", "k", "v", "out"}) {
            call.at(name, Region.of(floats(new float[8])));
        }
        call.at("lse", Region.of(floats(0))).f32("scale", 1).f32("softcap", 0).dtype("dtype", DType.F32);
        refuses("attention_forward: sequence_starts needs 8 B for (2) i32, got 4 B", call::run);
    }

    @Test
    void aFactorOfAShapeMayBeHalved() {
        var call = library.call(Ops.ROPE).i64("rows", 1).i64("heads", 1).i64("head_dim", 8).i64("rotary_dim", 8).i64("stride", 8)
            .i64("table_rows", 3)
            .at("positions", Region.of(floats(0))).at("cosine", Region.of(floats(new float[12])))
            .at("sine", Region.of(floats(new float[11])))
            .at("x", Region.of(floats(new float[8]))).i32("inverse", 0).dtype("dtype", DType.F32);
        refuses("rope: sine needs 48 B for (3, 4) f32, got 44 B", call::run);
    }

    @Test
    void theElementTypeComesFromItsField() {
        var x = Region.of(floats(0, 0, 0, 0));
        library.call(Ops.FILL).i64("count", 4).at("x", x).f32("value", 0).dtype("dtype", DType.F32).run();
        library.call(Ops.FILL).i64("count", 8).at("x", x).f32("value", 0).dtype("dtype", DType.BF16);
        var wide = library.call(Ops.SUM_SQUARES).i64("count", 4).at("x", x).at("sum", new Region(x.address(), 4)).at("nonfinite", x)
            .dtype("dtype", DType.F32);
        refuses("sum_squares: sum needs 8 B for (1) f64, got 4 B", wide::run);
    }

    @Test
    void fieldsAreSetInTheHeadersOrder() {
        refuses("fill: x is not the next field; count is", () -> library.call(Ops.FILL).at("x", Region.NONE));
        var complete = library.call(Ops.SYNCHRONIZE).i64("reserved", 0);
        refuses("synchronize: more is not the next field", () -> complete.i64("more", 0));
    }

    @Test
    void aForgottenFieldIsNamed() {
        var call = library.call(Ops.FILL).i64("count", 1).at("x", Region.of(floats(0))).f32("value", 0);
        refuses("fill: dtype is not set", call::run);
    }

    @Test
    void aFieldOfAnotherKindIsRefused() {
        refuses("fill: count is I64, not a pointer", () -> library.call(Ops.FILL).at("count", Region.NONE));
        refuses("fill: count is I64, not a 32-bit integer", () -> library.call(Ops.FILL).i32("count", 1));
        var call = library.call(Ops.FILL).i64("count", 1);
        refuses("fill: x is OUT, not a 64-bit integer", () -> call.i64("x", 1));
    }

    @Test
    void aPointerThatMustBeThereIsAskedFor() {
        var call = library.call(Ops.FILL).i64("count", 1);
        refuses("fill: x must be given", () -> call.at("x", Region.NONE));
    }

    @Test
    void anOptionalPointerMayBeAbsent() {
        norm(floats(new float[8]), Region.NONE, Region.NONE).run();
        norm(floats(new float[8]), Region.of(floats(new float[8])), Region.of(floats(new float[8]))).run();
    }

    @Test
    void nothingOfACallIsLeftInTheNextOne() {
        norm(floats(new float[8]), Region.of(floats(new float[8])), Region.of(floats(new float[8]))).run();
        var small = Region.of(floats(0));
        library.call(Ops.FILL).i64("count", 1).at("x", small).f32("value", 3).dtype("dtype", DType.F32).run();
        norm(floats(new float[8]), Region.NONE, Region.NONE).run();
    }

    @Test
    void aRefusalOfTheBackEndBecomesAnExceptionWithItsSentence() {
        var call = library.call(Ops.GATHER_ROWS).i64("rows", 1).i64("width", 2).i64("source_rows", 1)
            .at("index", Region.of(floats(Float.intBitsToFloat(7)))).at("source", Region.of(floats(0, 0)))
            .at("destination", Region.of(floats(0, 0))).dtype("dtype", DType.F32);
        var failure = assertThrows(LeewayException.class, call::run);
        assertEquals(LeewayException.Kind.DATA, failure.kind());
        assertTrue(failure.getMessage().contains("7"), failure.getMessage());
    }

    @Test
    void sizesThatOverflowAreRefusedAndNotWrapped() {
        var call = library.call(Ops.FILL).i64("count", Long.MAX_VALUE / 2).at("x", Region.of(floats(0))).f32("value", 0)
            .dtype("dtype", DType.F32);
        assertThrows(ArithmeticException.class, call::run);
    }

    /** What the largest call site of a layer writes. */
    private void linear(Region[] buffers) {
        library.call(Ops.LINEAR_FORWARD).i64("rows", 1).i64("in", 8).i64("out", 8).at("weight.data", buffers[0])
            .at("weight.absmax", Region.NONE)
            .at("weight.packed", Region.NONE).dtype("weight.dtype", DType.F32).i32("weight.reserved", 0).at("lora.a", Region.NONE)
            .at("lora.b", Region.NONE).at("lora.row_ids", Region.NONE).i64("lora.rank", 0).i64("lora.dropout_seed", 0)
            .f32("lora.scaling", 0)
            .f32("lora.dropout", 0).at("bias", Region.NONE).at("x", buffers[1]).at("y", buffers[2]).at("xa", Region.NONE)
            .at("dropped", Region.NONE).i32("accumulate", 0).dtype("dtype", DType.F32).run();
    }

    @Test
    void aCallAllocatesNothing() {
        var buffers = new Region[] {Region.of(floats(new float[64])), Region.of(floats(new float[8])), Region.of(floats(new float[8]))};
        for (int i = 0; i < 30_000; i++) {
            linear(buffers);
        }
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        int calls = 10_000;
        for (int i = 0; i < calls; i++) {
            linear(buffers);
        }
        long perCall = (threads.getCurrentThreadAllocatedBytes() - before) / calls;
        assertTrue(perCall == 0, "bytes allocated a call: " + perCall);
    }
}
