package dev.leeway.study.drifts;

import dev.leeway.io.JsonFile;
import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.Drift;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * How one stance moves in one training on one topic.
 *
 * @param over its magnitude, of each seed
 * @param time the mean of the seeds' drift times, with intervals of the extremum of mean ± 1.96 sd / √n
 * @param bootstrapped the same with those of a bootstrap
 * @param items that it is taken over, in the first seed
 */
record Movement(PerSeed over, double time, double bootstrapped, int items) {

    private static final Drift.Around NORMAL = Drift.Around.normal(0.95);
    private static final Drift.Around BOOTSTRAP = Drift.Around.bootstrap(new Bootstrap(500, 0.95, 0));

    /**
     * Of the trainings of an arm; empty where no seed has two prompts with values.
     *
     * @param topic which; empty = all
     */
    static Optional<Movement> of(List<Phase> phases, String stance, String topic) {
        var normal = new ArrayList<Drift.Course>();
        var other = new ArrayList<Drift.Course>();
        int items = 0;
        for (var phase : phases) {
            var values = phase.values(stance, topic);
            if (values[0].length > 1) {
                var steps = phase.steps().stream().mapToInt(Integer::intValue).toArray();
                normal.add(Drift.course(steps, values, NORMAL));
                other.add(Drift.course(steps, values, BOOTSTRAP));
                items = items == 0 ? values[0].length : items;
            }
        }
        return normal.isEmpty() ? Optional.empty() : Optional.of(new Movement(PerSeed.of(normal.stream()
            .mapToDouble(Drift.Course::magnitude).toArray()), time(normal), time(other), items));
    }

    private static double time(List<Drift.Course> courses) {
        return courses.stream().mapToDouble(Drift.Course::time).average().orElseThrow();
    }

    double magnitude() {
        return over.mean();
    }

    ObjectNode json() {
        return JsonFile.newObject().put("time", time).put("time_bootstrap", bootstrapped).put("items", items)
            .set("magnitude", over.json());
    }
}
