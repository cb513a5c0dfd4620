package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Values worked out by hand from the formulas in transformers' optimization.py. */
final class ScheduleTest {

    @ParameterizedTest
    @CsvSource({
        // kind, warm-up, total, min rate, step, factor
        "constant, 5, 10, 0, 0, 1", "constant, 5, 10, 0, 9, 1",
        "constant_with_warmup, 4, 10, 0, 0, 0", "constant_with_warmup, 4, 10, 0, 3, 0.75", "constant_with_warmup, 4, 10, 0, 4, 1",
        "constant_with_warmup, 4, 10, 0, 9, 1",
        "linear, 0, 10, 0, 0, 1", "linear, 0, 10, 0, 5, 0.5", "linear, 0, 10, 0, 9, 0.1", "linear, 2, 10, 0, 0, 0",
        "linear, 2, 10, 0, 1, 0.5",
        "linear, 2, 10, 0, 2, 1", "linear, 2, 10, 0, 4, 0.75", "linear, 2, 10, 0, 12, 0",
        "cosine, 0, 8, 0, 0, 1", "cosine, 0, 8, 0, 4, 0.5", "cosine, 0, 8, 0, 2, 0.8535533905932737", "cosine, 2, 8, 0, 1, 0.5",
        "cosine, 2, 8, 0, 5, 0.5",
        "cosine, 2, 8, 0, 8, 0",
        "cosine_with_min_lr, 0, 8, 0.1, 0, 1", "cosine_with_min_lr, 0, 8, 0.1, 4, 0.55", "cosine_with_min_lr, 0, 8, 0.1, 8, 0.1",
        "cosine_with_min_lr, 4, 8, 0.1, 2, 0.5"})
    void aFactorIsWhatTheFormulaSays(String kind, int warmup, int total, double minRate, int step, double factor) {
        assertEquals(factor, new Schedule(Schedule.Kind.named(kind), warmup, total, minRate).factor(step), 1e-15);
    }

    @ParameterizedTest
    @EnumSource
    void aRunThatIsAllWarmUpDividesByNothing(Schedule.Kind kind) {
        var schedule = new Schedule(kind, 3, 3, 0);
        assertEquals(kind == Schedule.Kind.CONSTANT ? 1 : 2 / 3.0, schedule.factor(2), 1e-15);
        assertEquals(1, schedule.factor(3), 1e-15);
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        Refusal.assertRefused(Kind.USAGE, () -> Schedule.Kind.named("polynomial"), "lr_scheduler_type", "cosine_with_min_lr", "polynomial");
    }
}
