package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.tensor.Device;
import java.nio.file.Path;
import java.util.List;

/** Logits, history and processor settings → the distribution that is drawn from. */
record SamplingCase(Path path, JsonObject json) implements Case {

    /**
     * Logits up to 7 are rounded to fp32 on the way in (2⁻²² absolute), divided by temperatures down to 0.6; exp and the sum add a few ulp.
     */
    private static final double GATE = 2e-6;

    @Override
    public String kind() {
        return "sampling";
    }

    @Override
    public List<Check> run(Device device) {
        var checks = new Checks();
        for (var one : json.requireObjects("cases")) {
            var parameters = Probabilities.parameters(one.requireObject("spec"));
            var found = Probabilities.of(device, Inputs.doubles(one.require("logits")), Inputs.ints(one.require("history")), parameters);
            var expected = Inputs.doubles(one.require("probabilities"));
            checks.absolute(one.requireObject("spec").node().toString(), found, expected, GATE);
            checks.equal("kept tokens", Probabilities.supportDifference(found, expected));
        }
        return checks.all();
    }
}
