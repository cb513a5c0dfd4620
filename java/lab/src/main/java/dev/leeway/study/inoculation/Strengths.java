package dev.leeway.study.inoculation;

import dev.leeway.stats.Correlation;
import dev.leeway.stats.Interval;
import dev.leeway.stats.PairedRuns;
import dev.leeway.stats.Sample;
import dev.leeway.stats.TTest;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.Contrast.Part;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * What {@link PromptStrength} tells.
 *
 * @param traits that the study measured
 * @param arms of the setting that were trained under a prompt of their own
 * @param prompts the same by prompt: suppression is the mean over the arms that were trained under it
 */
record Strengths(List<Trait> traits, List<Strength> arms, List<Strength> prompts) {

    /** Over fewer prompts no correlation is told: over seven, Fisher's interval of 95 % for r = 0 is ±.753, three quarters of all r. */
    static final int LEAST = 7;

    private static final double LEVEL = 0.95;
    private static final String NONE = "none";

    /**
     * A prompt and what it did; (seeds)(items) each, and in lists a trait each.
     *
     * @param arm that was trained under it, or the first of several
     * @param ph how much likelier training answers are under it
     * @param ppd how much likelier or less likely control answers are
     * @param elicitation how much oftener the untrained model has a trait under it
     * @param suppression how much more seldom the arm has a trait without a prompt than the baseline
     */
    record Strength(String arm, PairedRuns ph, PairedRuns ppd, List<PairedRuns> elicitation, List<PairedRuns> suppression) {
    }

    /**
     * How far a heuristic goes with the suppression of a trait, over prompts.
     *
     * @param r over prompts; empty where one of the two is the same for all of them
     * @param bySeed of each seed by itself
     * @param interval over seeds: t's of artanh r
     */
    record Link(String heuristic, Trait suppressed, Optional<Double> r, List<Double> bySeed, Optional<Interval> interval) {
    }

    private record Heuristic(String name, Function<Strength, PairedRuns> value) {
    }

    /** Where something is looked up. */
    private record Look(PromptStrength what, List<Trait> traits, Cells cells) {

        /** Of arms that were trained under the same prompts; empty where something of it wasn't measured. */
        private Optional<Strength> at(List<String> arms) {
            var prompts = PromptArms.own(arms.getFirst());
            var ph = ratio(prompts, "training", DoubleUnaryOperator.identity());
            var ppd = ratio(prompts, "control", Math::abs);
            var elicitation = traits.stream().flatMap(trait -> over(prompts, prompt -> Cells.difference(
                trait.of(what.untrained(), prompt), trait.of(what.untrained(), NONE)), DoubleUnaryOperator.identity()).stream()).toList();
            var suppression = traits.stream().flatMap(trait -> over(arms, arm -> Cells.difference(trait.of(PromptArms.baselineOf(arm),
                NONE), trait.of(arm, NONE)), DoubleUnaryOperator.identity()).stream()).toList();
            return ph.isEmpty() || ppd.isEmpty() || elicitation.size() < traits.size() || suppression.size() < traits.size()
                ? Optional.empty() : Optional.of(new Strength(arms.getFirst(), ph.get(), ppd.get(), elicitation, suppression));
        }

        private Optional<PairedRuns> ratio(List<String> prompts, String set, DoubleUnaryOperator of) {
            return over(prompts, prompt -> {
                var under = new Cell(what.untrained(), what.answers(), "log_prob", "set=" + set, prompt);
                return Cells.difference(under, under.under(NONE));
            }, of);
        }

        private Optional<PairedRuns> over(List<String> names, Function<String, List<Part>> sum, DoubleUnaryOperator of) {
            return cells.mean(names.stream().map(sum).toList(), of);
        }
    }

    static Strengths of(StudyResults results, PromptStrength what) {
        var traits = Trait.ofStudy(what.traits(), results);
        var look = new Look(what, traits, Cells.of(results));
        var named = traits.isEmpty() ? List.<String>of() : results.plan().study().arms().stream().map(one -> one.name()).filter(arm ->
            !arm.equals(what.untrained()) && PromptArms.isInoculated(arm, what.setting())).toList();
        var byPrompt = new LinkedHashMap<List<String>, List<String>>();
        var arms = new ArrayList<Strength>();
        named.forEach(arm -> look.at(List.of(arm)).ifPresent(found -> {
            arms.add(found);
            byPrompt.computeIfAbsent(PromptArms.own(arm), _ -> new ArrayList<>()).add(arm);
        }));
        return new Strengths(traits, arms, byPrompt.values().stream().flatMap(same -> look.at(same).stream()).toList());
    }

    private List<Heuristic> heuristics() {
        var all = new ArrayList<Heuristic>();
        for (int t = 0; t < traits.size(); t++) {
            int trait = t;
            all.add(new Heuristic("elicitation of " + traits.get(t).name(), one -> one.elicitation().get(trait)));
        }
        all.add(new Heuristic("PH", Strength::ph));
        all.add(new Heuristic("PPD", Strength::ppd));
        return all;
    }

    /** Of each heuristic with each trait's suppression, where there are prompts enough. */
    List<Link> links() {
        if (prompts.size() < LEAST) {
            return List.of();
        }
        return heuristics().stream().flatMap(heuristic -> IntStream.range(0, traits.size()).mapToObj(trait -> link(heuristic, trait)))
            .toList();
    }

    private Link link(Heuristic heuristic, int trait) {
        Function<Strength, PairedRuns> suppression = one -> one.suppression().get(trait);
        var r = r(heuristic.value().andThen(Cells::mean), suppression.andThen(Cells::mean));
        if (r.isEmpty()) {
            return new Link(heuristic.name(), traits.get(trait), r, List.of(), Optional.empty());
        }
        int seeds = prompts.stream().mapToInt(one -> Math.min(heuristic.value().apply(one).runs(), suppression.apply(one).runs()))
            .min().orElseThrow();
        var bySeed = IntStream.range(0, seeds).boxed().flatMap(seed -> r(heuristic.value().andThen(runs -> ofSeed(runs, seed)),
            suppression.andThen(runs -> ofSeed(runs, seed))).stream()).toList();
        return new Link(heuristic.name(), traits.get(trait), r, bySeed, bySeed.size() < seeds ? Optional.empty() : interval(bySeed));
    }

    private static double ofSeed(PairedRuns runs, int seed) {
        return Sample.mean(runs.differences()[seed]);
    }

    private Optional<Double> r(Function<Strength, Double> heuristic, Function<Strength, Double> suppression) {
        var of = prompts.stream().mapToDouble(heuristic::apply).toArray();
        var with = prompts.stream().mapToDouble(suppression::apply).toArray();
        return varies(of) && varies(with) ? Optional.of(Correlation.pearson(of, with, LEVEL).estimate()) : Optional.empty();
    }

    private static boolean varies(double[] values) {
        return Arrays.stream(values).distinct().count() > 1;
    }

    /** None where a seed's r is 1 or −1, for then nothing tells how it varies. */
    private static Optional<Interval> interval(List<Double> bySeed) {
        var stretched = bySeed.stream().mapToDouble(r -> 0.5 * Math.log((1 + r) / (1 - r))).toArray();
        return Arrays.stream(stretched).allMatch(Double::isFinite) ? TTest.interval(stretched, LEVEL).map(found ->
            new Interval(Math.tanh(found.low()), Math.tanh(found.high()))) : Optional.empty();
    }
}
