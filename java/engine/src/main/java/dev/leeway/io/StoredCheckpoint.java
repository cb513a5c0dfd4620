package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A checkpoint on disk whose every byte was compared with its manifest.
 *
 * @param folder where it is
 * @param manifest what it holds
 */
public record StoredCheckpoint(Path folder, Manifest manifest) {

    /**
     * Opens and verifies a checkpoint. A folder without a manifest, a missing or torn file and a flipped bit are refused with a sentence
     * that names the file, the tensor where it lies in one, and a checkpoint beside it that can be used instead.
     */
    public static StoredCheckpoint open(Path folder) {
        try {
            var manifest = Manifest.read(folder);
            for (var file : manifest.files()) {
                verify(folder.resolve(file.name()), file);
            }
            return new StoredCheckpoint(folder, manifest);
        } catch (LeewayException damage) {
            throw LeewayException.data(damage, "%s; %s", damage.getMessage(), alternative(folder));
        }
    }

    /** Steps behind it. */
    public int step() {
        return manifest.step();
    }

    /** A JSON file of it. */
    public JsonObject json(String name) {
        return JsonFile.read(file(name));
    }

    /** A safetensors file of it, to be closed. */
    public Safetensors tensors(String name) {
        return Safetensors.open(file(name));
    }

    /** Whether it has that file. */
    public boolean has(String name) {
        return manifest.find(name).isPresent();
    }

    private Path file(String name) {
        return folder.resolve(manifest.find(name).orElseThrow(() -> LeewayException.data("%s: the manifest lists no %s%s", folder, name,
            Nearest.hint(name, manifest.files().stream().map(Manifest.Entry::name).toList()))).name());
    }

    private static void verify(Path path, Manifest.Entry expected) {
        requireLength(path, expected);
        try {
            damage(path, expected).ifPresent(part -> {
                throw LeewayException.data("%s: %s does not match its checksum in %s; the file changed after it was written", path, part,
                    Manifest.NAME);
            });
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be read: %s", path, unreadable.getMessage());
        }
    }

    /** Which part of a file differs: a tensor, the header before the first one, or the file itself. */
    private static Optional<String> damage(Path path, Manifest.Entry expected) throws IOException {
        try (var stream = Files.newInputStream(path)) {
            if (!Checksums.sha256(stream, expected.sha256Bytes()).equals(expected.sha256())) {
                return Optional.of(expected.tensors().isEmpty() ? "it"
                    : damagedTensor(path, expected).orElse("the header before the tensors"));
            }
        }
        return expected.isHashedWhole() ? Optional.empty() : damagedTensor(path, expected);
    }

    private static void requireLength(Path path, Manifest.Entry expected) {
        try {
            long bytes = Files.size(path);
            if (bytes != expected.bytes()) {
                throw LeewayException.data("%s has %d bytes, %s says %d%s; the file is torn", path, bytes, Manifest.NAME, expected.bytes(),
                    bytes < expected.bytes() ? firstLost(expected, bytes) : "");
            }
        } catch (NoSuchFileException missing) {
            throw LeewayException.data(missing, "%s is missing, but %s lists it", path, Manifest.NAME);
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be read: %s", path, unreadable.getMessage());
        }
    }

    private static String firstLost(Manifest.Entry expected, long bytes) {
        return expected.tensors().stream().filter(slice -> slice.end() > bytes).findFirst()
            .map(slice -> " (from tensor " + quote(slice.name()) + " on)").orElse("");
    }

    private static Optional<String> damagedTensor(Path path, Manifest.Entry expected) throws IOException {
        try (var stream = new BufferedInputStream(Files.newInputStream(path))) {
            long at = 0;
            for (var slice : expected.tensors()) {
                stream.skipNBytes(slice.begin() - at);
                if (!Checksums.crc32c(stream, slice.end() - slice.begin()).equals(slice.crc32c())) {
                    return Optional.of("tensor %s (bytes %d to %d)".formatted(quote(slice.name()), slice.begin(), slice.end() - 1));
                }
                at = slice.end();
            }
        }
        return Optional.empty();
    }

    private static String alternative(Path folder) {
        var others = CheckpointStore.complete(folder.toAbsolutePath().getParent()).stream()
            .filter(other -> !other.folder().toAbsolutePath().equals(folder.toAbsolutePath())).toList();
        return others.isEmpty() ? "no other checkpoint lies beside it" : others.getLast().folder() + " can be used instead";
    }
}
