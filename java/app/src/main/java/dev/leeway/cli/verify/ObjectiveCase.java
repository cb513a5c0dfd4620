package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.objective.BradleyTerry;
import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Targets;
import dev.leeway.objective.TokenScores;
import dev.leeway.tensor.Device;
import java.nio.file.Path;
import java.util.List;

/** A loss on given scores, in double. */
record ObjectiveCase(Path path, JsonObject json) implements Case {

    private static final double GATE = 1e-12;

    static Case of(Path path, JsonObject json) {
        var objective = json.requireString("objective");
        return objective.equals("reward_bt") ? new ObjectiveCase(path, json) : new Case.NotChecked(path, "objective " + objective);
    }

    @Override
    public String kind() {
        return "objective";
    }

    /** Scores 0..P−1 are chosen, P..2P−1 rejected; the engine wants each pair side by side. */
    @Override
    public List<Check> run(Device device) {
        var inputs = json.requireObject("inputs");
        var stored = Inputs.doubles(inputs.require("scores"));
        int pairs = stored.length / 2;
        var margins = inputs.optional("margins").map(Inputs::doubles).orElse(new double[0]);
        var scores = new double[stored.length];
        var rewards = new double[margins.length * 2];
        var starts = new int[stored.length + 1];
        var units = new long[stored.length];
        for (int i = 0; i < stored.length; i++) {
            scores[place(i, pairs)] = stored[i];
            starts[i + 1] = i + 1;
            units[place(i, pairs)] = i % pairs;
        }
        for (int i = 0; i < margins.length; i++) {
            rewards[2 * i] = margins[i];
        }
        var targets = new Targets(new boolean[stored.length], starts, units, new double[0], rewards);
        var objective = new BradleyTerry(json.requireObject("params").optionalDouble("center_coefficient").orElse(0));
        var weighed = objective.weigh(Scored.of(new TokenScores().with(Column.VALUE, scores), targets), Normalisers.of(List.of(targets)));
        var expected = json.requireObject("expected");
        var checks = new Checks();
        checks.relative("loss", weighed.loss(), expected.requireDouble("loss"), GATE);
        var gradient = weighed.gradients().column(Column.VALUE).orElseThrow();
        var found = new double[stored.length];
        for (int i = 0; i < found.length; i++) {
            found[i] = gradient[place(i, pairs)];
        }
        checks.relativeL2("gradient", found, Inputs.doubles(expected.require("grad_scores")), GATE);
        return checks.all();
    }

    private static int place(int row, int pairs) {
        return row < pairs ? 2 * row : 2 * (row - pairs) + 1;
    }
}
