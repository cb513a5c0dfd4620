package dev.leeway.cli.verify;

import dev.leeway.objective.Advantages;
import java.util.Set;
import java.util.stream.IntStream;

/** Advantages of groups from rewards, as TRL's {@code GRPOTrainer} scales them. */
final class AdvantageCases implements ObjectiveFamily {

    @Override
    public Set<String> names() {
        return Set.of("advantages");
    }

    @Override
    public void check(Document document, Checks checks) {
        var params = document.params();
        params.requireText("std", "sample (n-1)");
        double epsilon = params.number("eps", Advantages.EPSILON);
        int size = params.whole("group_size", 0);
        var rewards = document.inputs().numbers("rewards");
        if (size < 1 || rewards.length % size != 0) {
            throw params.wrong("group_size", "must divide the " + rewards.length + " rewards, found " + size);
        }
        var units = IntStream.range(0, rewards.length).mapToLong(i -> i / size).toArray();
        var expected = document.expected().object("advantages")
            .orElseThrow(() -> document.expected().wrong("advantages", "must be an object of advantages by scale_rewards"));
        for (var scale : expected.names()) {
            var found = Advantages.relative(rewards, units, Advantages.Scale.named(scale), epsilon).values();
            checks.relativeL2(scale, found, expected.numbers(scale), GATE);
        }
    }
}
