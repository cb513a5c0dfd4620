package dev.leeway.cli;

import dev.leeway.data.DatasetReader;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A reward model that was made in a blink, and pairs for it. */
final class TinyRewardModel {

    static final AdapterConfig ADAPTER = new AdapterConfig(LoraScale.of(4, 8), new ModuleSelection.AllLinear(), 0, List.of("score"),
        Optional.of(AdapterConfig.SEQ_CLS), "../model");

    /** Of the head's weights. */
    private static final double DEVIATION = 0.3;

    private TinyRewardModel() {
    }

    /** Rows of pairs with different beginnings and lengths. */
    static Path pairs(Path folder) throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < 7; i++) {
            text.append("{\"prompt\": \"number ").append(i).append(" is\", \"chosen\": \" followed by ").append(i + 1)
                .append(".\", \"rejected\": \" a ").append("b ".repeat(i)).append("\"}\n");
        }
        return Files.writeString(folder.resolve("pairs.jsonl"), text);
    }

    /** A reward model on a new language model, with a head that was drawn and not trained. */
    static Path model(Path folder) throws IOException {
        return save(TinyModel.model(folder), folder.resolve("reward"), Optional.empty(), DEVIATION);
    }

    /** The same with a head whose weights are finite, and their sums are not. */
    static Path overflowing(Path folder) throws IOException {
        return save(TinyModel.model(folder), folder.resolve("reward"), Optional.empty(), 1e38);
    }

    /** An adapter with a head of its own beside the language model {@code folder/model}. */
    static Path adapter(Path folder) throws IOException {
        return save(TinyModel.model(folder), folder.resolve("adapter"), Optional.of(ADAPTER), DEVIATION);
    }

    private static Path save(Path language, Path target, Optional<AdapterConfig> adapter, double deviation) {
        try (var tokenizer = Tokenizer.load(language); var device = Device.cpu()) {
            var start = ModelDirectory.open(language).asRewardModel(tokenizer.padding());
            try (var session = InferenceSession.open(start.config(), adapter, 64, 1, device)) {
                start.loadInto(session.model());
                new Initializer(3, deviation).fillScore(session.model());
                adapter.ifPresentOrElse(config -> {
                    new Initializer(3, 0).fillAdapter(session.model());
                    start.saveAdapter(session.model(), config, target);
                }, () -> start.save(session.model(), target));
            }
        }
        return target;
    }

    /** The scores of the pairs' texts, each alone, by the engine. */
    static double[] scores(Path model, Path pairs) {
        var directory = ModelDirectory.open(model);
        try (var tokenizer = Tokenizer.load(model); var device = Device.cpu();
            var session = InferenceSession.open(directory.config(), Optional.empty(), 64, 1, device)) {
            directory.loadInto(session.model());
            return DatasetReader.readRanked(List.of(pairs), tokenizer, DatasetReader.Options.unlimited()).units().stream()
                .flatMap(pair -> pair.sequences().stream())
                .mapToDouble(text -> session.rewardScorer().score(List.of(text.tokens()))[0]).toArray();
        }
    }
}
