package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A model that scores: a reward model, or a language model.
 *
 * @param directory of the weights; of a reward model that is an adapter on a language model, with the head that the adapter brings
 * @param adapter its PEFT directory, if any
 */
record ScoringModel(ModelDirectory directory, Optional<Path> adapter) {

    /** What a user named; an adapter of type SEQ_CLS makes a reward model of a language model. */
    static ScoringModel find(AdapterSource source, Tokenizer tokenizer) {
        var base = ModelDirectory.open(source.base());
        boolean classifies = source.adapter().filter(path -> AdapterConfig.read(path.resolve(AdapterDirectory.CONFIG)).isClassifier())
            .isPresent();
        return new ScoringModel(classifies ? base.asRewardModel(tokenizer.padding()) : base, source.adapter());
    }

    boolean isReward() {
        return directory.config().isClassifier();
    }

    /** For people. */
    String name() {
        return adapter.map(path -> path + " on " + directory.path()).orElse(directory.path().toString());
    }

    /** Refuses a reference that says nothing comparable. */
    void requireComparable(ScoringModel reference) {
        if (isReward() || reference.isReward()) {
            throw LeewayException.usage("--reference compares log-probs, and %s is a reward model, which has none; leave --reference out, "
                + "or name language models", (isReward() ? this : reference).name());
        }
        var own = directory.path().resolve("tokenizer.json");
        var other = reference.directory.path().resolve("tokenizer.json");
        try {
            if (Files.isRegularFile(other) && Files.mismatch(own, other) >= 0) {
                throw LeewayException.usage("--reference %s has another tokenizer than %s, so their log-probs are of other tokens; name a "
                    + "model with the same tokenizer.json", reference.directory.path(), directory.path());
            }
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be compared with %s: %s", other, own, unreadable.getMessage());
        }
    }

    /** Opens and loads it for as long as it is used. */
    void open(InferenceSession.Size size, DType dtype, Device device, Consumer<InferenceSession> use) {
        ModelOptions.withAdapter(new AdapterSource(directory.path(), adapter), loaded -> {
            var config = loaded.map(AdapterDirectory::config);
            try (var session = InferenceSession.openToScore(directory.config(), config, size, dtype, device)) {
                directory.loadInto(session.model());
                loaded.ifPresent(weights -> ModelDirectory.loadAdapter(session.model(), weights));
                use.accept(session);
            }
        });
    }
}
