package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.io.Safetensors;
import dev.leeway.model.Batch;
import dev.leeway.model.ModelDirectory;
import dev.leeway.model.Parameter;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import dev.leeway.train.AdamW;
import dev.leeway.train.BatchSource;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepReport;
import dev.leeway.train.TrainingSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A small model through a few optimiser steps with given micro-batches: learning rate, loss, gradient norm, every weight after every step,
 * moments.
 */
record OptimizerCase(Path path, JsonObject json) implements Case {

    @Override
    public String kind() {
        return "optimiser";
    }

    @Override
    public List<Check> run(Device device) {
        var directory = ModelDirectory.open(path);
        var options = json.requireObject("optimizer");
        var steps = steps();
        int rows = steps.stream().flatMap(List::stream).mapToInt(Batch::rows).max().orElseThrow();
        int sequences = steps.stream().flatMap(List::stream).mapToInt(Batch::sequences).max().orElseThrow();
        var decayed = new HashSet<>(json.requireStrings("decayed_parameters"));
        var settings = new TrainingSession.Settings(Optional.empty(), rows, rows, sequences,
            AdamWCase.settings(options, options.optionalDouble("max_grad_norm").orElse(Double.POSITIVE_INFINITY)), 0);
        var checks = new Checks();
        try (var session = TrainingSession.open(directory.config(), settings, decay(options), device);
                var expected = Safetensors.open(path.resolve("expected.safetensors"))) {
            directory.loadInto(session.model());
            for (var state : session.optimizer().states()) {
                checks.same("decay of " + state.parameter().name(), state.decayed(), decayed.contains(state.parameter().name()));
            }
            var schedule = new Schedule(Schedule.Kind.named(options.requireString("schedule")), options.requireInt("warmup"),
                options.requireInt("total"), 0);
            session.trainer(new SupervisedFineTuning(), schedule, options.requireDouble("lr"))
                .train(source(steps), steps.size(), report -> step(session, report, expected, checks));
            moments(session, expected, checks);
        }
        return checks.all();
    }

    static Predicate<Parameter> decay(JsonObject options) {
        return options.requireString("decay").equals("all") ? parameter -> true : AdamW::decaysByDefault;
    }

    private void step(TrainingSession session, StepReport report, Safetensors expected, Checks checks) {
        int step = report.step() - 1;
        var log = json.requireObjects("log").get(step);
        double rate = json.requireObject("optimizer").requireDouble("lr");
        checks.absolute("lr of step " + step, report.learningRate(), log.requireDouble("lr"), 1e-12);
        checks.absolute("loss of step " + step, report.loss(), log.requireDouble("loss"), Gates.LOSS);
        checks.relative("norm of step " + step, report.gradientNorm(), log.requireDouble("grad_norm_before_clip"), Gates.TRAINING_NORM);
        checks.same("tokens of step " + step, report.trainedTokens(), log.requireLong("tokens"));
        for (var parameter : session.model().trainedParameters()) {
            // Adam divides by √v: a gradient near zero magnifies rounding, so weights are gated in units of the learning rate.
            checks.absolute("step " + step + " " + parameter.name(), values(session, parameter.value()),
                expected.require("step" + step + "." + parameter.name()).toDoubles(), 1e-3 * rate);
        }
    }

    private static void moments(TrainingSession session, Safetensors expected, Checks checks) {
        for (var state : session.optimizer().states()) {
            moment(session, state.m(), "state.exp_avg." + state.parameter().name(), expected, checks);
            moment(session, state.v(), "state.exp_avg_sq." + state.parameter().name(), expected, checks);
        }
    }

    private static void moment(TrainingSession session, Tensor moment, String name, Safetensors expected, Checks checks) {
        expected.find(name).ifPresent(tensor ->
            checks.relativeL2(name, values(session, moment), tensor.toDoubles(), Gates.TRAINING_WEIGHTS));
    }

    private static double[] values(TrainingSession session, Tensor tensor) {
        return Checks.doubles(session.model().device().floats(tensor));
    }

    private List<List<Batch>> steps() {
        var steps = new ArrayList<List<Batch>>();
        for (JsonNode step : json.require("steps")) {
            var micros = new ArrayList<Batch>();
            for (JsonNode micro : step) {
                micros.add(Inputs.read(new JsonObject(json.where(), "steps", (ObjectNode) micro)).batch());
            }
            steps.add(micros);
        }
        return steps;
    }

    static BatchSource source(List<List<Batch>> steps) {
        return new BatchSource() {
            @Override
            public List<Batch> step(int step) {
                return steps.get(step);
            }

            @Override
            public double epochs(int done) {
                return (double) done / steps.size();
            }
        };
    }
}
