package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether two folders hold the same model. */
final class SameWeights {

    private static final String WEIGHTS = ".safetensors";

    private SameWeights() {
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
