package dev.leeway.study.drifts;

import dev.leeway.io.JsonFile;
import dev.leeway.report.DotPlot;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/**
 * How much of the way that stances go is gone in fine-tuning, and how much in training on preferences: of each topic, half the sum of what
 * the three stances move in a phase (total variation), averaged over topics. Ways back count as ways. Means of few answers are never the
 * same, so a way has a floor beside it: how long it is by luck alone, had a question's answers at both ends come from one model.
 *
 * @param exam that stances are measured by
 */
public record ContributionAnalysis(String exam) implements Analysis {

    @Override
    public String name() {
        return "Fine-tuning and preferences";
    }

    /**
     * Of an arm.
     *
     * @param arm its name
     * @param supervised way of fine-tuning, of each seed
     * @param preferred way of training on preferences
     * @param floors of both ways
     * @param share of the first in both
     * @param topics that both are taken over, and all of them, of each seed
     */
    private record Ways(String arm, PerSeed supervised, PerSeed preferred, List<PerSeed> floors, Optional<PerSeed> share,
            List<String> topics) {
    }

    /** Of one seed: each phase's way and floor over the topics that have prompts with stances at the ends of both. */
    private record OfSeed(List<Phase> phases) {

        private List<String> topics() {
            return phases.getFirst().topics().stream().filter(topic -> phases.stream().noneMatch(phase -> phase.ends(topic).isEmpty()))
                .toList();
        }

        private double mean(int phase, ToDoubleBiFunction<Phase, String> number) {
            return topics().stream().mapToDouble(topic -> number.applyAsDouble(phases.get(phase), topic)).average().orElseThrow();
        }

        private String told() {
            return topics().size() + " of " + phases.getFirst().topics().size();
        }
    }

    private List<Ways> ways(StudyResults results) {
        var phases = Phase.all(results, exam).stream().collect(Collectors.toMap(Phase::node, phase -> phase));
        var arms = new LinkedHashMap<String, List<OfSeed>>();
        for (var one : results.plan().replications()) {
            var own = new OfSeed(one.nodes().stream().filter(phases::containsKey).map(phases::get).toList());
            if (own.phases().size() == 2 && !own.topics().isEmpty()) {
                arms.computeIfAbsent(one.arm().name(), _ -> new ArrayList<>()).add(own);
            }
        }
        return arms.entrySet().stream().map(arm -> ways(arm.getKey(), arm.getValue())).toList();
    }

    private static Ways ways(String arm, List<OfSeed> seeds) {
        var both = IntStream.range(0, 2).mapToObj(phase -> each(seeds, phase, ContributionAnalysis::way)).toList();
        var shares = IntStream.range(0, seeds.size()).filter(s -> both.getFirst().values().get(s) + both.getLast().values().get(s) > 0)
            .mapToDouble(s -> both.getFirst().values().get(s) / (both.getFirst().values().get(s) + both.getLast().values().get(s)))
            .toArray();
        return new Ways(arm, both.getFirst(), both.getLast(), IntStream.range(0, 2).mapToObj(phase -> each(seeds, phase,
            (own, topic) -> Floor.of(own, topic).length())).toList(), shares.length == 0 ? Optional.empty()
            : Optional.of(PerSeed.of(shares)), seeds.stream().map(OfSeed::told).toList());
    }

    private static PerSeed each(List<OfSeed> seeds, int phase, ToDoubleBiFunction<Phase, String> number) {
        return PerSeed.of(seeds.stream().mapToDouble(seed -> seed.mean(phase, number)).toArray());
    }

    /** From a training's start to its end, over prompts that have stances at both. */
    private static double way(Phase phase, String topic) {
        return Phase.STANCES.stream().map(stance -> phase.values(stance, topic)).mapToDouble(ends ->
            Math.abs(PerSeed.mean(ends.getLast()) - PerSeed.mean(ends.getFirst()))).sum() / 2;
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        for (var ways : ways(results)) {
            var one = json.putObject(ways.arm());
            one.set("supervised", ways.supervised().json());
            one.set("preferences", ways.preferred().json());
            one.set("supervised_floor", ways.floors().getFirst().json());
            one.set("preferences_floor", ways.floors().getLast().json());
            ways.share().ifPresent(share -> one.set("share_of_supervised", share.json()));
            ways.topics().forEach(one.putArray("topics")::add);
        }
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var all = ways(results);
        if (all.isEmpty()) {
            return List.of(new Paragraph("No arm has both."));
        }
        var dots = new ArrayList<DotPlot.Dot>();
        all.forEach(ways -> {
            dots.add(dot(ways.arm(), 0, ways.supervised(), "fine-tuning"));
            dots.add(dot("", 1, ways.preferred(), "preferences"));
        });
        var rows = all.stream().map(ways -> List.of(ways.arm(), number(ways.supervised()), mean(ways.floors().getFirst()),
            number(ways.preferred()), mean(ways.floors().getLast()), ways.share().map(ContributionAnalysis::number).orElse("–"),
            String.join(", ", ways.topics()))).toList();
        return List.of(new Paragraph("How far stances go in each phase: total variation, averaged over the topics that have "
            + "prompts with stances at the ends of both; means of the seeds with intervals of 95 % over seeds. A floor is how long the way "
            + "is where each question's answers at both ends are shuffled: a way that is no longer tells of nothing."),
            new DotPlot("ways of stances in fine-tuning and in training on preferences", dots),
            new Table(List.of(Table.Column.text("arm"), Table.Column.number("fine-tuning"), Table.Column.number("its floor"),
                Table.Column.number("preferences"), Table.Column.number("floor of preferences"),
                Table.Column.number("share of fine-tuning"), Table.Column.number("topics, by seed")), rows));
    }

    private static DotPlot.Dot dot(String name, int series, PerSeed way, String what) {
        return new DotPlot.Dot(name, series, OptionalDouble.of(way.mean()), way.interval(), what + ": " + DriftAnalysis.format("%.3f",
            way.mean()));
    }

    private static String mean(PerSeed seeds) {
        return DriftAnalysis.format("%.3f", seeds.mean());
    }

    private static String number(PerSeed seeds) {
        return mean(seeds) + seeds.interval().map(around -> " (" + DriftAnalysis.text(around) + ")")
            .orElse("");
    }
}
