package dev.leeway.bench.contest;

import dev.leeway.bench.Shape;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.Initializer;
import dev.leeway.model.Llama;
import dev.leeway.model.Parameter;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.BatchSource;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepReport;
import dev.leeway.train.TrainingSession;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Leeway's side of the training contest: forward, backward, AdamW, one optimiser step a turn. */
public final class OurTraining {

    /** The learning rate of all contestants; AdamW's other settings are torch's defaults without decay or clipping. */
    public static final double LEARNING_RATE = 1e-3;

    private static final int RANK = 16;
    private static final double DEVIATION = 0.02;

    private OurTraining() {
    }

    /** Arguments: folder of {@link Weights}, shape, number type, {@code full} or {@code lora}, sequence length, turns, threads. */
    public static void main(String[] arguments) throws IOException {
        var folder = Path.of(arguments[0]);
        var shape = Shape.named(arguments[1]);
        var adapter = arguments[3].equals("lora")
            ? Optional.of(AdapterConfig.of(LoraScale.of(RANK, 2 * RANK), new ModuleSelection.AllLinear()))
            : Optional.<AdapterConfig>empty();
        int length = Integer.parseInt(arguments[4]);
        var sequences = Weights.sequences(folder, length).stream().map(tokens -> Batch.Sequence.allTrained(tokens, 0)).toList();
        var settings = new TrainingSession.Settings(adapter, length, sequences.size() * length, sequences.size(),
            new AdamW.Settings(0.9, 0.999, 1e-8, 0, 0), 0).withDtype(DType.valueOf(arguments[2]));
        try (var device = Device.open("cpu", Integer.parseInt(arguments[6]));
                var session = TrainingSession.open(shape.config(length), settings, device)) {
            load(shape, folder, session.model());
            new Initializer(0, DEVIATION).fillAdapter(session.model());
            train(session, List.of(Batch.of(sequences)), Integer.parseInt(arguments[5]),
                report -> String.format(Locale.ROOT, "\"loss\": %.7f", report.loss()));
        }
        Turns.finish("Leeway");
    }

    /** An optimiser step a turn; what {@code said} makes of it is JSON that goes with the answer. */
    static void train(TrainingSession session, List<Batch> batches, int turns, Function<StepReport, String> said) {
        var clock = new Turns();
        session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.CONSTANT, 0, turns, 0), LEARNING_RATE)
            .train(new BatchSource() {
                @Override
                public List<Batch> step(int step) {
                    clock.await();
                    return batches;
                }

                @Override
                public double epochs(int steps) {
                    return steps;
                }
            }, report -> clock.done(() -> said.apply(report)));
    }

    /** Puts the contest's weights into a model. */
    static void load(Shape shape, Path folder, Llama model) throws IOException {
        Map<String, Parameter> parameters = model.parameters().stream()
            .collect(Collectors.toMap(Parameter::name, Function.identity()));
        Weights.read(shape, folder, values -> {
            var parameter = parameters.get(values.entry().name());
            try (var arena = Arena.ofConfined()) {
                parameter.set(model.device(), arena.allocateFrom(ValueLayout.JAVA_FLOAT, values.numbers()), 0);
            }
            parameter.round(model.device());
        });
    }
}
