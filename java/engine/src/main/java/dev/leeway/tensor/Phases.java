package dev.leeway.tensor;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.MemoryPlan.Phase;
import java.util.Optional;

/** Which of the phases that share memory a program is in; a plan whose phases share none is always in all of them. */
public final class Phases {

    /** NaN as F32 and in both halves as BF16; no index is that large. */
    private static final int POISON = 0x7FC0_7FC0;

    private Region shared = Region.NONE;
    private Optional<Phase> now = Optional.empty();
    private long turn;

    Phases() {
    }

    void place(Region region) {
        shared = region;
        now = Optional.empty();
    }

    /**
     * Says that what follows belongs to a phase; what the other one left is gone. Where assertions are enabled the shared memory is filled
     * with NaN, so that nothing can be read of it unnoticed.
     *
     * @return the number of this turn, which is another one whenever the phase is another one than before: what was left in shared memory
     *     is there as long as the number is the same
     */
    public long enter(Device device, Phase phase) {
        if (shared.bytes() > 0 && now.filter(phase::equals).isEmpty()) {
            now = Optional.of(phase);
            turn++;
            assert poison(device);
        }
        return turn;
    }

    private boolean poison(Device device) {
        device.call(Ops.FILL).i64("count", shared.bytes() / Float.BYTES).at("x", shared).f32("value", Float.intBitsToFloat(POISON))
            .dtype("dtype", DType.F32).run();
        return true;
    }
}
