package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.tensor.Device;
import dev.leeway.train.Schedule;
import java.nio.file.Path;
import java.util.List;

/** Learning-rate factors step by step. */
record ScheduleCase(Path path, JsonObject json) implements Case {

    @Override
    public String kind() {
        return "schedules";
    }

    @Override
    public List<Check> run(Device device) {
        var checks = new Checks();
        for (var one : json.requireObjects("cases")) {
            var name = one.requireString("schedule");
            double minRate = one.optionalObject("extra").flatMap(extra -> extra.optional("min_lr_rate")).map(node -> node.doubleValue())
                .orElse(0.0);
            var schedule = new Schedule(Schedule.Kind.named(name), one.requireInt("warmup"), one.requireInt("total"), minRate);
            var expected = Inputs.doubles(one.require("factor_at_step"));
            for (int step = 0; step < expected.length; step++) {
                checks.absolute(name + " step " + step, schedule.factor(step), expected[step], 1e-12);
            }
        }
        return checks.all();
    }
}
