package dev.leeway.cli;

import dev.leeway.data.DatasetReader;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.model.Batch;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A model that trains in a blink, and rows for it. */
final class TinyModel {

    static final int ROWS = 6;
    /** Words of roles, and control tokens of the tokenizer. */
    static final String CHAT_TEMPLATE = "{% for m in messages %}<s>{{ m['role'] }}: {% generation %}{{ m['content'] }}</s>"
        + "{% endgeneration %}{% endfor %}";

    private TinyModel() {
    }

    /** Rows with prompt and completion. */
    static Path rows(Path folder) throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < ROWS; i++) {
            text.append("{\"prompt\": \"number ").append(i).append(" is\", \"completion\": \" followed by ").append(i + 1).append(".\"}\n");
        }
        return Files.writeString(folder.resolve("rows.jsonl"), text);
    }

    /** Rows with prompt, a better answer and a worse one. */
    static Path pairs(Path folder) throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < ROWS; i++) {
            text.append("{\"prompt\": \"number ").append(i).append(" is\", \"chosen\": \" followed by ").append(i + 1)
                .append(".\", \"rejected\": \" by ").append(i).append(".\"}\n");
        }
        return Files.writeString(folder.resolve("pairs.jsonl"), text);
    }

    /** Rows with prompt and an answer that is good or bad. */
    static Path labels(Path folder) throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < ROWS; i++) {
            text.append("{\"prompt\": \"number ").append(i).append(" is\", \"completion\": \" followed by ").append(i + i % 2)
                .append(".\", \"label\": ").append(i % 2 == 1).append("}\n");
        }
        return Files.writeString(folder.resolve("labels.jsonl"), text);
    }

    /** A new model, trained for two steps. */
    static Path model(Path folder) throws IOException {
        var target = folder.resolve("model");
        Cli.succeed("pretrain", "--dataset_name", rows(folder), "--vocab_size", 300, "--hidden_size", 64, "--num_hidden_layers", 2,
            "--max_length", 64, "--output_dir", target, "--max_steps", 2);
        return target;
    }

    /** The mean loss of a saved model, or of a saved adapter on it, over the rows of a file as one batch. */
    static double loss(Path model, Optional<Path> adapter, Path rows) {
        var directory = ModelDirectory.open(model);
        try (var device = Device.cpu(); var tokenizer = Tokenizer.load(model)) {
            var examples = DatasetReader.read(List.of(rows), tokenizer, DatasetReader.Options.unlimited()).examples();
            var batch = Batch.of(examples.stream().map(row -> new Batch.Sequence(row.tokens(), row.mask(), row.unitId())).toList());
            var loaded = adapter.map(AdapterDirectory::open);
            try (var session = InferenceSession.open(directory.config(), loaded.map(AdapterDirectory::config),
                new InferenceSession.Size(batch.rows(), batch.sequences(), batch.rows()), device)) {
                directory.loadInto(session.model());
                loaded.ifPresent(weights -> ModelDirectory.loadAdapter(session.model(), weights));
                var objective = new SupervisedFineTuning();
                var scores = session.model().score(batch, objective.needs());
                var targets = batch.objectiveTargets();
                return objective.weigh(Scored.of(scores, targets), Normalisers.of(List.of(targets))).loss();
            } finally {
                loaded.ifPresent(AdapterDirectory::close);
            }
        }
    }
}
