package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model as a user names it: a model directory, with an adapter beside it or not, or an adapter directory alone that knows its base.
 *
 * @param base the model directory
 * @param adapter the PEFT directory, if any
 */
record AdapterSource(Path base, Optional<Path> adapter) {

    /** Whether the folder holds an adapter and no model. */
    static boolean isAdapter(Path path) {
        return Files.isRegularFile(path.resolve(AdapterDirectory.CONFIG)) && !Files.isRegularFile(path.resolve("config.json"));
    }

    /** Finds base and adapter. */
    static AdapterSource find(Path model, Optional<Path> adapter) {
        if (!isAdapter(model)) {
            return new AdapterSource(model, adapter);
        }
        if (adapter.isPresent()) {
            throw LeewayException.usage("--model_name_or_path %s is an adapter itself; name the base model there, or leave --adapter out",
                model);
        }
        return new AdapterSource(baseOf(model), Optional.of(model));
    }

    /** A relative name is looked for from the working directory, then from the adapter's own folder. */
    private static Path baseOf(Path adapter) {
        var name = AdapterConfig.read(adapter.resolve(AdapterDirectory.CONFIG)).baseModelNameOrPath();
        for (var candidate : new Path[] {Path.of(name), adapter.resolve(name).normalize()}) {
            if (!name.isEmpty() && Files.isDirectory(candidate)) {
                return candidate;
            }
        }
        throw LeewayException.data("%s says that its base model is \"%s\", which is no folder here; name the base with "
            + "--model_name_or_path and the adapter with --adapter %s", adapter.resolve(AdapterDirectory.CONFIG), name, adapter);
    }
}
