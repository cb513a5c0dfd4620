package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether two folders hold the same model. */
final class SameWeights {

    /** Beside a model: of gigabytes, which every plan and report would read. */
    static final String NOTE = "same_as_end.json";
    private static final String STEPS = "steps";
    private static final String WEIGHTS = ".safetensors";

    private SameWeights() {
    }

    /** The steps of the checkpoints that hold the model a training ended with: as noted; else they are compared, and it is noted. */
    static List<Integer> steps(Path model, List<CheckpointStore.Found> checkpoints) {
        var note = model.resolve(NOTE);
        if (checkpoints.isEmpty() || Files.exists(note)) {
            return checkpoints.isEmpty() ? List.of() : JsonFile.read(note).requireInts(STEPS);
        }
        var same = checkpoints.stream().filter(found -> of(model, found.folder())).map(found -> found.manifest().step()).toList();
        if (Files.isWritable(model)) {
            var json = JsonFile.newObject();
            same.forEach(json.putArray(STEPS)::add);
            JsonFile.write(note, json);
        }
        return same;
    }

    /** For a training that begins, or goes on: its end will be another. */
    static void forget(Path model) {
        try {
            Files.deleteIfExists(model.resolve(NOTE));
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be deleted: %s", model.resolve(NOTE), failure.getMessage());
        }
    }

    /** Whether all weights of a model, or of an adapter, are to the bit those of a checkpoint, in files of the same names. */
    static boolean of(Path model, Path checkpoint) {
        var files = files(model);
        return !files.isEmpty() && files.stream().allMatch(file -> {
            var other = checkpoint.resolve(file.getFileName());
            return Files.exists(other) && areSame(file, other);
        });
    }

    private static List<Path> files(Path folder) {
        try (var all = Files.list(folder)) {
            return all.filter(file -> file.toString().endsWith(WEIGHTS)).sorted().toList();
        } catch (IOException unreadable) {
            throw LeewayException.resources(unreadable, "%s can't be listed: %s", folder, unreadable.getMessage());
        }
    }

    /** By tensor, for checkpoints have theirs in another order. */
    private static boolean areSame(Path file, Path other) {
        try (var one = Safetensors.open(file); var two = Safetensors.open(other)) {
            return one.asMap().keySet().equals(two.asMap().keySet()) && one.tensors().stream().allMatch(tensor -> {
                var twin = two.require(tensor.name());
                return tensor.type() == twin.type() && tensor.shape().equals(twin.shape()) && tensor.data().mismatch(twin.data()) < 0;
            });
        }
    }
}
