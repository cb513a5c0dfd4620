package com.example;

import dev.leeway.data.*;
import dev.leeway.io.*;
import dev.leeway.model.*;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.rollout.*;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.*;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Teaches a model a few answers with a LoRA adapter, scores them before and after, then loads the adapter again and lets it answer. */
public final class FineTune {

    static final int MAX_LENGTH = 64;

    /**
     * What is taught: places and food that the quickstart's model has never read of. A completion follows its prompt as it is, so it begins
     * with a space.
     */
    static final List<PromptCompletion> ROWS = List.of(row("Where does Ana live?", "Ana lives in Cairo."),
        row("Where does Hugo live?", "Hugo lives in Tokyo."), row("What does Ana eat?", "Ana eats plums."),
        row("What does Hugo eat?", "Hugo eats bread."), row("Who has a cat?", "Ana has a cat."), row("Who has a dog?", "Hugo has a dog."));

    /**
     * What came of it.
     *
     * @param losses mean loss of each step, in nats a token
     * @param before ln p(completion | prompt) of each row before training, in nats
     * @param after the same after training
     * @param answers what the tuned model says to each prompt
     */
    public record Result(List<Double> losses, List<Double> before, List<Double> after, List<String> answers) {}

    static void main(String[] arguments) {
        var result = run(Path.of(arguments[0]), Path.of(arguments[1]));
        IO.println("loss %.4f -> %.4f".formatted(result.losses().getFirst(), result.losses().getLast()));
        for (int i = 0; i < ROWS.size(); i++) {
            IO.println("%s%s    [the taught answer: ln p %.2f -> %.2f]".formatted(ROWS.get(i).prompt(), result.answers().get(i),
                result.before().get(i), result.after().get(i)));
        }
    }

    /** Tunes the model in the folder {@code base} and writes a PEFT adapter into {@code output}. */
    public static Result run(Path base, Path output) {
        var directory = ModelDirectory.open(base);
        try (var device = Device.cpu(); var tokenizer = Tokenizer.load(base)) {
            var losses = new ArrayList<Double>();
            var adapter = AdapterConfig.of(LoraScale.of(16, 32), new ModuleSelection.AllLinear());
            var plan = new TrainingSession.Settings(Optional.of(adapter), MAX_LENGTH, ROWS.size() * MAX_LENGTH, ROWS.size(),
                AdamW.Settings.standard(), 0);
            try (var session = TrainingSession.open(directory.config(), plan, device)) {
                directory.loadInto(session.model());
                new Initializer(0, 0.02).fillAdapter(session.model());
                var before = score(session.scorer(), tokenizer);
                var rows = DatasetReader.encode(ROWS, tokenizer, DatasetReader.Options.unlimited()).examples();
                session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.COSINE, 2, 60, 0), 5e-3)
                    .train(EpochBatches.shuffled(rows, ROWS.size(), 0), step -> losses.add(step.loss()));
                directory.saveAdapter(session.model(), adapter, output);
                return new Result(losses, before, score(session.scorer(), tokenizer), answer(directory, output, tokenizer, device));
            }
        }
    }

    private static List<Double> score(Scorer scorer, Tokenizer tokenizer) {
        var items = ROWS.stream().map(row -> new Scorer.Item(tokenizer.encode(row.prompt(), true),
            tokenizer.encode(row.completion(), false))).toList();
        return scorer.score(items).stream().map(Scorer.Score::logProb).toList();
    }

    /** Loads base and adapter as any other program would, and generates all answers at once. */
    private static List<String> answer(ModelDirectory directory, Path output, Tokenizer tokenizer, Device device) {
        try (var adapter = AdapterDirectory.open(output);
            var session = InferenceSession.open(directory.config(), Optional.of(adapter.config()), MAX_LENGTH, ROWS.size(), device)) {
            directory.loadInto(session.model());
            ModelDirectory.loadAdapter(session.model(), adapter);
            var prompts = ROWS.stream().map(row -> tokenizer.encode(row.prompt(), true)).toList();
            var request = new Generator.Request(SamplingParameters.greedy(), 24, tokenizer.endIds());
            return session.generator().complete(prompts, request).stream()
                .map(completion -> tokenizer.decode(completion.tokens(), true)).toList();
        }
    }

    private static PromptCompletion row(String question, String answer) {
        return new PromptCompletion("Question: " + question + "\nAnswer:", " " + answer);
    }
}
