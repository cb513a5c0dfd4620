package dev.leeway.eval;

import dev.leeway.LeewayException;
import dev.leeway.io.Sha256;
import dev.leeway.judge.Judge;
import dev.leeway.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;

/**
 * What scores are made with.
 *
 * @param judges who are asked; each question goes to all of them
 * @param reference a second model
 * @param sandbox where programs of models run
 * @param seed of the run
 */
public record Instruments(List<Judge> judges, Optional<Subject> reference, Optional<Sandbox> sandbox, long seed) {

    /** Rules alone. */
    public static final Instruments NONE = new Instruments(List.of(), Optional.empty(), Optional.empty(), 0);

    /** Takes a copy. */
    public Instruments {
        judges = List.copyOf(judges);
    }

    /** One judge and nothing else. */
    public static Instruments of(Judge judge) {
        return new Instruments(List.of(judge), Optional.empty(), Optional.empty(), 0);
    }

    /**
     * What judges are asked about an answer with: from 0 to 2³¹ − 1, by the run's seed, the epoch and the item, so that no epoch of one run
     * is asked with what another epoch of another run is asked with.
     */
    public long seed(Answer<?> answer) {
        return new Sha256().add(Long.toString(seed)).add(Integer.toString(answer.epoch())).add(answer.item().id()).number()
            & Integer.MAX_VALUE;
    }

    /**
     * Refuses a run that lacks what a benchmark needs.
     *
     * @throws LeewayException in one sentence, if it does
     */
    public void requireFor(Card card, Benchmark.Needs needs) {
        require(!needs.judge() || !judges.isEmpty(), card, "a judge", "--judge_model (and --judge_endpoint)");
        require(!needs.reference() || reference.isPresent(), card, "a second model", "--reference_model DIR");
        require(!needs.sandbox() || sandbox.isPresent(), card, "a sandbox", "bubblewrap and python3 (leeway doctor tells what is missing)");
    }

    private static void require(boolean isThere, Card card, String what, String how) {
        if (!isThere) {
            throw LeewayException.usage("benchmark %s needs %s: give %s, or leave the benchmark out", card.id(), what, how);
        }
    }
}
