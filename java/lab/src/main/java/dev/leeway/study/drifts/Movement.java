package dev.leeway.study.drifts;

import dev.leeway.io.JsonFile;
import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.Drift;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/**
 * How one stance moves in one training on one topic.
 *
 * @param magnitude last minus first, over the prompts that have a stance at both ends
 * @param time how fast, where prompts have a stance at every checkpoint
 * @param trainings of the arm, with values or without
 * @param prompts of the magnitude, of each seed that has some
 * @param leftOut prompts without a stance at an end, of each such seed
 */
record Movement(PerSeed magnitude, Optional<Pace> time, int trainings, List<Integer> prompts, List<Integer> leftOut) {

    private static final Drift.Around NORMAL = Drift.Around.normal(PerSeed.LEVEL);
    private static final Drift.Around BOOTSTRAP = Drift.Around.bootstrap(new Bootstrap(500, PerSeed.LEVEL, 0));
    /** Of prompts, for the interval of one seed's time. */
    private static final Bootstrap PROMPTS = new Bootstrap(500, PerSeed.LEVEL, 0);

    /**
     * Drift times over the prompts that have a stance at every checkpoint.
     *
     * @param normal with intervals of the extremum of mean ± 1.96 sd / √n
     * @param bootstrapped with those of a bootstrap
     * @param prompts that they are taken over, of each seed that has two or more
     */
    record Pace(PerSeed normal, PerSeed bootstrapped, List<Integer> prompts) {
    }

    /**
     * Of the trainings of an arm; empty where no seed has a prompt with a stance at both ends.
     *
     * @param topic which; empty = all
     */
    static Optional<Movement> of(List<Phase> phases, String stance, String topic) {
        var moved = phases.stream().filter(phase -> !phase.ends(topic).isEmpty()).toList();
        if (moved.isEmpty()) {
            return Optional.empty();
        }
        var drifts = moved.stream().map(phase -> phase.values(stance, topic)).map(ends -> Drift.magnitude(ends.getFirst(), ends.getLast(),
            PerSeed.LEVEL)).toList();
        return Optional.of(new Movement(PerSeed.of(drifts.stream().mapToDouble(Drift.Magnitude::mean).toArray(),
            drifts.getFirst()::interval), pace(phases, stance, topic), phases.size(), moved.stream().map(phase -> phase.ends(topic).size())
            .toList(), moved.stream().map(phase -> phase.leftOut(topic)).toList()));
    }

    private static Optional<Pace> pace(List<Phase> phases, String stance, String topic) {
        var values = new ArrayList<double[][]>();
        var timed = phases.stream().filter(phase -> phase.everywhere(topic).size() > 1).toList();
        timed.forEach(phase -> values.add(phase.values(stance, phase.everywhere(topic))));
        return timed.isEmpty() ? Optional.empty() : Optional.of(new Pace(times(timed, values, NORMAL), times(timed, values, BOOTSTRAP),
            values.stream().map(own -> own[0].length).toList()));
    }

    /** The interval over prompts has that of the extremum formed in the plain way: a bootstrap in a bootstrap takes too long. */
    private static PerSeed times(List<Phase> phases, List<double[][]> values, Drift.Around around) {
        var times = IntStream.range(0, phases.size()).mapToDouble(p -> Drift.time(steps(phases.get(p)), values.get(p), around).share());
        return PerSeed.of(times.toArray(), () -> Optional.of(Drift.timeInterval(steps(phases.getFirst()), values.getFirst(), NORMAL,
            PROMPTS)));
    }

    private static int[] steps(Phase phase) {
        return phase.steps().stream().mapToInt(Integer::intValue).toArray();
    }

    ObjectNode json() {
        var json = JsonFile.newObject().put("trainings", trainings);
        json.set("magnitude", magnitude.json());
        prompts.forEach(json.putArray("items")::add);
        leftOut.forEach(json.putArray("left_out")::add);
        time.ifPresent(pace -> {
            json.set("time", pace.normal().json());
            json.set("time_bootstrap", pace.bootstrapped().json());
            pace.prompts().forEach(json.putArray("time_items")::add);
        });
        return json;
    }
}
