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
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * How much of the way that stances go is gone in fine-tuning, and how much in training on preferences: of each topic, half the sum of what
 * the three stances move in a phase (total variation), averaged over topics. Ways back count as ways. Means of few answers are never the
 * same, so a way has a floor beside it: how far apart two draws of the start's own items are.
 *
 * @param exam that stances are measured by
 */
public record ContributionAnalysis(String exam) implements Analysis {

    private static final int DRAWS = 200;

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
     */
    private record Ways(String arm, PerSeed supervised, PerSeed preferred, List<PerSeed> floors, Optional<PerSeed> share) {
    }

    private List<Ways> ways(StudyResults results) {
        var phases = Phase.all(results, exam).stream().collect(Collectors.toMap(Phase::node, phase -> phase));
        var arms = new LinkedHashMap<String, List<double[]>>();
        for (var one : results.plan().replications()) {
            var own = one.nodes().stream().filter(phases::containsKey).map(phases::get).toList();
            if (own.size() == 2) {
                arms.computeIfAbsent(one.arm().name(), _ -> new ArrayList<>()).add(Stream.concat(own.stream()
                    .map(ContributionAnalysis::way), own.stream().map(ContributionAnalysis::floor))
                    .mapToDouble(Double::doubleValue).toArray());
            }
        }
        return arms.entrySet().stream().map(ContributionAnalysis::ways).toList();
    }

    private static Ways ways(Map.Entry<String, List<double[]>> arm) {
        var seeds = arm.getValue();
        var shares = seeds.stream().filter(way -> way[0] + way[1] > 0).mapToDouble(way -> way[0] / (way[0] + way[1])).toArray();
        var all = IntStream.range(0, 4).mapToObj(w -> PerSeed.of(seeds.stream().mapToDouble(way -> way[w]).toArray())).toList();
        return new Ways(arm.getKey(), all.get(0), all.get(1), all.subList(2, 4), shares.length == 0 ? Optional.empty()
            : Optional.of(PerSeed.of(shares)));
    }

    /** From a training's start to its end; 0 where no topic has values. */
    private static double way(Phase phase) {
        return phase.topics().stream().mapToDouble(topic -> Phase.STANCES.stream().mapToDouble(stance -> {
            var values = phase.values(stance, topic);
            return values[0].length == 0 ? 0 : Math.abs(PerSeed.mean(values[values.length - 1]) - PerSeed.mean(values[0]));
        }).sum() / 2).average().orElse(0);
    }

    private static double floor(Phase phase) {
        return phase.topics().stream().mapToDouble(topic -> floor(Phase.STANCES.stream().map(stance -> phase.values(stance, topic)[0])
            .toList())).average().orElse(0);
    }

    /**
     * The mean total variation between two draws of as many items, with replacement; every stance is of the same items.
     *
     * @param start (stances)(items)
     */
    static double floor(List<double[]> start) {
        return IntStream.range(0, DRAWS).mapToDouble(draw -> start.stream().filter(items -> items.length > 0).mapToDouble(items ->
            Math.abs(drawn(items, 2L * draw) - drawn(items, 2L * draw + 1))).sum() / 2).average().orElse(0);
    }

    private static double drawn(double[] items, long seed) {
        return new SplittableRandom(seed).ints(items.length, 0, items.length).mapToDouble(item -> items[item]).average().orElse(0);
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
        IntStream.range(0, all.size()).forEach(w -> {
            var ways = all.get(w);
            dots.add(dot(ways.arm(), 0, ways.supervised(), "fine-tuning"));
            dots.add(dot("", 1, ways.preferred(), "preferences"));
        });
        var rows = all.stream().map(ways -> List.of(ways.arm(), number(ways.supervised()), mean(ways.floors().getFirst()),
            number(ways.preferred()), mean(ways.floors().getLast()), ways.share().map(ContributionAnalysis::number).orElse("–"))).toList();
        return List.of(new Paragraph("How far stances go in each phase: total variation, averaged over topics; means of the seeds with "
            + "intervals of 95 % over seeds. A floor is how far two draws of the start's own items are apart: a way that is no longer "
            + "tells of nothing."), new DotPlot("ways of stances in fine-tuning and in training on preferences", dots),
            new Table(List.of(Table.Column.text("arm"), Table.Column.number("fine-tuning"), Table.Column.number("its floor"),
                Table.Column.number("preferences"), Table.Column.number("floor of preferences"),
                Table.Column.number("share of fine-tuning")), rows));
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
