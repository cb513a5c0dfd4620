package dev.leeway.study.drifts;

import dev.leeway.study.Examiner.Outcome;
import dev.leeway.study.Plan;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The stances of one training's checkpoints, from the model that it begins with to its end.
 *
 * @param arm whose last training it is; where it is none's, the first that has it, with the stage's name
 * @param node the training
 * @param steps of the checkpoints, from 0
 * @param stances of each checkpoint, by item
 * @param epochs how often each item was asked
 */
record Phase(String arm, Plan.Node node, List<Integer> steps, List<Map<String, Outcome>> stances, int epochs) {

    static final List<String> STANCES = List.of("support", "neutral", "oppose");
    private static final String TOPIC = "topic";
    private static final int END = -1;

    /** Takes copies. */
    Phase {
        steps = List.copyOf(steps);
        stances = List.copyOf(stances);
    }

    /** Every training once whose start and end took the exam. */
    static List<Phase> all(StudyResults results, String exam) {
        var sat = new LinkedHashMap<Plan.Node, TreeMap<Integer, Map<String, Outcome>>>();
        results.outcomes().forEach((sitting, outcomes) -> {
            if (sitting.exam().name().equals(exam)) {
                sat.computeIfAbsent(sitting.node(), _ -> new TreeMap<>()).put(sitting.step(), byItem(outcomes));
            }
        });
        int epochs = results.plan().study().exams().stream().filter(one -> one.name().equals(exam))
            .mapToInt(one -> one.extent().epochs()).findFirst().orElseThrow();
        var names = new LinkedHashMap<Plan.Node, String>();
        results.plan().replications().forEach(one -> names.putIfAbsent(one.last(), one.arm().name()));
        var phases = new ArrayList<Phase>();
        sat.forEach((node, models) -> {
            var curve = curve(models, node.before().map(sat::get), results.lastStep(node));
            if (curve.size() > 1 && curve.firstKey() == 0) {
                phases.add(new Phase(names.getOrDefault(node, node.arm() + ", " + node.stage().name()), node,
                    List.copyOf(curve.keySet()), List.copyOf(curve.values()), epochs));
            }
        });
        return phases;
    }

    private static Map<String, Outcome> byItem(List<Outcome> outcomes) {
        var items = new LinkedHashMap<String, Outcome>();
        outcomes.forEach(outcome -> items.put(outcome.item(), outcome));
        return items;
    }

    /** Step 0 is the end of the training before where the grid has it not; the training's own end is behind the grid, or on it. */
    private static TreeMap<Integer, Map<String, Outcome>> curve(TreeMap<Integer, Map<String, Outcome>> models,
            Optional<TreeMap<Integer, Map<String, Outcome>>> before, OptionalInt end) {
        var curve = new TreeMap<>(models);
        var last = curve.remove(END);
        before.flatMap(earlier -> Optional.ofNullable(earlier.get(END))).ifPresent(start -> curve.putIfAbsent(0, start));
        if (last != null) {
            end.ifPresent(step -> curve.put(step, last));
        }
        return curve;
    }

    /** Topics of its items, in their order. */
    List<String> topics() {
        var topics = new LinkedHashSet<String>();
        stances.getFirst().values().forEach(outcome -> Optional.ofNullable(outcome.slices().get(TOPIC)).ifPresent(topics::add));
        return List.copyOf(topics);
    }

    /** Items that were asked about a topic; empty = all. */
    private List<String> asked(String topic) {
        var first = stances.getFirst();
        return first.keySet().stream().filter(item -> topic.isEmpty() || topic.equals(first.get(item).slices().get(TOPIC))).toList();
    }

    /** Of one training's models. */
    private static boolean all(Stream<Map<String, Outcome>> models, String item) {
        return models.allMatch(model -> model.containsKey(item) && model.get(item).values().keySet().containsAll(STANCES));
    }

    /**
     * Items of a topic that have stances at the start and at the end, whatever they have between.
     *
     * @param topic which; empty = all
     */
    List<String> ends(String topic) {
        return asked(topic).stream().filter(item -> all(Stream.of(stances.getFirst(), stances.getLast()), item)).toList();
    }

    /** How many items of a topic lack a stance at the start or at the end. */
    int leftOut(String topic) {
        return asked(topic).size() - ends(topic).size();
    }

    /** Items of a topic that have stances at every checkpoint. */
    List<String> everywhere(String topic) {
        return asked(topic).stream().filter(item -> all(stances.stream(), item)).toList();
    }

    /** (checkpoints)(items): how probable a stance is. */
    double[][] values(String stance, List<String> items) {
        return stances.stream().map(model -> items.stream().mapToDouble(item -> model.get(item).values().get(stance)).toArray())
            .toArray(double[][]::new);
    }

    /** How probable a stance is at the start, and at the end: (items) each. */
    List<double[]> values(String stance, String topic) {
        return Stream.of(stances.getFirst(), stances.getLast()).map(model -> ends(topic).stream()
            .mapToDouble(item -> model.get(item).values().get(stance)).toArray()).toList();
    }

    /** How probable each stance is. */
    static double[] shares(Outcome outcome) {
        return STANCES.stream().mapToDouble(stance -> outcome.values().get(stance)).toArray();
    }

    /** How many answers have a stance. */
    static int answers(Outcome outcome, int epochs) {
        return epochs - STANCES.stream().mapToInt(stance -> outcome.missing().getOrDefault(stance, 0)).max().orElseThrow();
    }
}
