package dev.leeway.cli.verify;

import dev.leeway.ffi.DType;
import dev.leeway.io.JsonObject;
import dev.leeway.model.Parameter;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.train.AdamW;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** AdamW on given gradients, without a model. */
record AdamWCase(Path path, JsonObject json) implements Case {

    @Override
    public String kind() {
        return "AdamW";
    }

    @Override
    public List<Check> run(Device device) {
        var checks = new Checks();
        json.requireObjects("cases").forEach(one -> check(one, device, checks));
        return checks.all();
    }

    static AdamW.Settings settings(JsonObject hyper, double maxGradNorm) {
        var betas = hyper.requireDoubles("betas");
        return new AdamW.Settings(betas.get(0), betas.get(1), hyper.requireDouble("eps"), hyper.requireDouble("weight_decay"), maxGradNorm);
    }

    private static void check(JsonObject one, Device device, Checks checks) {
        var hyper = one.requireObject("hyper");
        var plan = new MemoryPlan();
        var parameters = new ArrayList<Parameter>();
        var initial = one.require("initial");
        for (int p = 0; p < initial.size(); p++) {
            parameters.add(new Parameter("p" + p, plan.reserve(Purpose.WEIGHTS, "p" + p, DType.F32, initial.get(p).size()),
                Optional.of(plan.reserve(Purpose.GRADIENTS, "p" + p, DType.F32, initial.get(p).size()))));
        }
        var optimizer = new AdamW(device, parameters, settings(hyper, one.optionalDouble("max_grad_norm").orElse(Double.POSITIVE_INFINITY)),
            parameter -> true, plan);
        try (var _ = plan.allocate(device)) {
            for (int p = 0; p < parameters.size(); p++) {
                device.upload(Inputs.floats(initial.get(p)), parameters.get(p).value());
            }
            for (int step = 0; step < one.require("grads").size(); step++) {
                step(one, step, parameters, optimizer, checks);
            }
        }
    }

    /** Parameters within a thousandth of lr, plus the rounding of a weight near 2 in fp32 (2⁻²³ a step). */
    private static void step(JsonObject one, int step, List<Parameter> parameters, AdamW optimizer, Checks checks) {
        double rate = one.requireObject("hyper").requireDouble("lr");
        var gradients = one.require("grads").get(step);
        var device = optimizer.device();
        for (int p = 0; p < parameters.size(); p++) {
            device.upload(Inputs.floats(gradients.get(p)), parameters.get(p).gradient().orElseThrow());
        }
        double norm = optimizer.measure().norm();
        one.optional("grad_norm_before_clip").map(norms -> norms.get(step)).filter(JsonNode::isNumber)
            .ifPresent(expected -> checks.relative("norm of step " + step, norm, expected.doubleValue(), 1e-6));
        optimizer.step(rate);
        for (int p = 0; p < parameters.size(); p++) {
            checks.absolute("step " + step, Checks.doubles(device.floats(parameters.get(p).value())),
                Inputs.doubles(one.require("after_step").get(step).get(p)), 1e-3 * rate + (step + 1) * 0x1p-23);
        }
    }
}
