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
import java.util.TreeMap;

/**
 * The stances of one training's checkpoints, from the model that it begins with to its end.
 *
 * @param arm whose last training it is; where it is none's, the first that has it, with the stage's name
 * @param node the training
 * @param steps of the checkpoints, from 0
 * @param stances of each checkpoint, by item
 */
record Phase(String arm, Plan.Node node, List<Integer> steps, List<Map<String, Outcome>> stances) {

    static final List<String> STANCES = List.of("support", "neutral", "oppose");
    private static final String TOPIC = "topic";
    private static final String MAX_STEPS = "max_steps";
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
        var names = new LinkedHashMap<Plan.Node, String>();
        results.plan().replications().forEach(one -> names.putIfAbsent(one.last(), one.arm().name()));
        var phases = new ArrayList<Phase>();
        sat.forEach((node, models) -> of(names.getOrDefault(node, node.arm() + ", " + node.stage().name()), node, models,
            node.before().map(sat::get)).ifPresent(phases::add));
        return phases;
    }

    private static Map<String, Outcome> byItem(List<Outcome> outcomes) {
        var items = new LinkedHashMap<String, Outcome>();
        outcomes.forEach(outcome -> items.put(outcome.item(), outcome));
        return items;
    }

    /** Step 0 is the end of the training before where the grid has it not; the step of its own end is {@code max_steps}, or on the grid. */
    private static Optional<Phase> of(String arm, Plan.Node node, TreeMap<Integer, Map<String, Outcome>> models,
            Optional<TreeMap<Integer, Map<String, Outcome>>> before) {
        var curve = new TreeMap<>(models);
        var end = curve.remove(END);
        before.flatMap(earlier -> Optional.ofNullable(earlier.get(END))).ifPresent(start -> curve.putIfAbsent(0, start));
        Optional.ofNullable(node.stage().options().get(MAX_STEPS)).filter(_ -> end != null).map(Integer::valueOf)
            .ifPresent(last -> curve.putIfAbsent(last, end));
        return curve.size() < 2 || curve.firstKey() != 0 ? Optional.empty()
            : Optional.of(new Phase(arm, node, List.copyOf(curve.keySet()), List.copyOf(curve.values())));
    }

    /** Topics of its items, in their order. */
    List<String> topics() {
        var topics = new LinkedHashSet<String>();
        stances.getFirst().values().forEach(outcome -> Optional.ofNullable(outcome.slices().get(TOPIC)).ifPresent(topics::add));
        return List.copyOf(topics);
    }

    /**
     * (checkpoints)(items): how probable a stance is for the items of a topic that have a stance at every checkpoint.
     *
     * @param topic which; empty = all
     */
    double[][] values(String stance, String topic) {
        var first = stances.getFirst();
        var items = first.keySet().stream().filter(item -> topic.isEmpty() || topic.equals(first.get(item).slices().get(TOPIC)))
            .filter(item -> stances.stream().allMatch(model -> model.containsKey(item) && model.get(item).values().containsKey(stance)))
            .toList();
        return stances.stream().map(model -> items.stream().mapToDouble(item -> model.get(item).values().get(stance)).toArray())
            .toArray(double[][]::new);
    }
}
