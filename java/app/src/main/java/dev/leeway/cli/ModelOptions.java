package dev.leeway.cli;

import dev.leeway.io.AdapterDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** A model that is used as it is, with an adapter or without. */
final class ModelOptions {

    @Option(names = "--model_name_or_path", paramLabel = "DIR",
        description = "Hugging Face model directory, or a PEFT adapter directory that names its base model")
    Optional<Path> path = Optional.empty();

    @Option(names = "--adapter", paramLabel = "DIR", description = "PEFT adapter directory, where the model is named by itself")
    Optional<Path> adapter = Optional.empty();

    void check(Problems problems) {
        problems.require(path.isPresent(), "--model_name_or_path is missing: name a Hugging Face model directory");
        adapter.ifPresent(folder -> problems.require(Files.isDirectory(folder), "--adapter: %s is no folder", folder));
    }

    /** Model and adapter, after {@link #check}. */
    AdapterSource source() {
        return AdapterSource.find(path.orElseThrow(), adapter);
    }

    /** Opens the adapter, if there is one, for as long as it is used. */
    static void withAdapter(AdapterSource source, Consumer<Optional<AdapterDirectory>> use) {
        if (source.adapter().isEmpty()) {
            use.accept(Optional.empty());
            return;
        }
        try (var opened = AdapterDirectory.open(source.adapter().get())) {
            use.accept(Optional.of(opened));
        }
    }
}
