package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The list of a checkpoint's files, written last: a folder is a checkpoint because it has one, whatever the folder is called. It ends
 * with the SHA-256 of its own text before that line, so it cannot be torn or changed unnoticed either.
 *
 * @param step optimiser steps behind the checkpoint
 * @param files every file but the manifest itself
 */
public record Manifest(int step, List<Entry> files) {

    /** Its name. */
    public static final String NAME = "manifest.json";
    /** The layout that this build writes, and the newest it reads. In version 1 a file's SHA-256 was of all its bytes. */
    public static final int VERSION = 2;

    private static final String FORMAT = "leeway-checkpoint";
    private static final Pattern PLAIN = Pattern.compile("\\w[\\w.-]{0,120}");
    /** How the text ends; the sum is over all that stands before. */
    private static final Pattern SEAL = Pattern.compile(",\\n  \"sha256\": \"([0-9a-f]{64})\"\\n}\\n\\z");
    /** A manifest has a few hundred bytes a tensor. */
    private static final long LONGEST = 100_000_000;

    /**
     * A file.
     *
     * @param name without a folder
     * @param bytes its length
     * @param sha256 of its first {@code sha256Bytes} bytes
     * @param sha256Bytes all of them, or those before the first tensor: each tensor has a checksum of its own
     * @param tensors where its tensors lie, in the order of their bytes; empty for a file without
     */
    public record Entry(String name, long bytes, String sha256, long sha256Bytes, List<Slice> tensors) {

        static Entry of(CheckpointFile file) {
            var hashed = file.beforeTensors();
            return new Entry(file.name(), file.bytes(), Checksums.sha256(hashed), hashed.stream().mapToLong(MemorySegment::byteSize).sum(),
                file.tensors());
        }

        /** Whether the SHA-256 is of the whole file. */
        boolean isHashedWhole() {
            return sha256Bytes == bytes;
        }

        /** Whether a checksum covers every byte: the SHA-256 all, or those up to the first of tensors that lie end to end. */
        private boolean isCovered() {
            long end = sha256Bytes;
            if (end < 0) {
                return false;
            }
            for (var slice : isHashedWhole() ? List.<Slice>of() : tensors) {
                if (slice.begin() != end || slice.end() < end) {
                    return false;
                }
                end = slice.end();
            }
            return end == bytes;
        }
    }

    /**
     * A tensor's place in its file, in bytes from the file's start, so that damage can be named even where the file's own header is
     * damaged.
     *
     * @param name of the tensor
     * @param begin its first byte
     * @param end behind its last byte
     * @param crc32c of its data
     */
    public record Slice(String name, long begin, long end, String crc32c) {
    }

    /** Copies the list. */
    public Manifest {
        files = List.copyOf(files);
    }

    /** The entry of that name. */
    public Optional<Entry> find(String name) {
        return files.stream().filter(entry -> entry.name().equals(name)).findFirst();
    }

    /** Bytes of all files, the manifest aside. */
    public long bytes() {
        return files.stream().mapToLong(Entry::bytes).sum();
    }

    /** What stands in the file. */
    String text() {
        var json = JsonFile.newObject().put("format", FORMAT).put("version", VERSION).put("step", step);
        var list = json.putArray("files");
        for (var file : files) {
            var entry = list.addObject().put("name", file.name()).put("bytes", file.bytes()).put("sha256", file.sha256())
                .put("sha256_bytes", file.sha256Bytes());
            var tensors = entry.putArray("tensors");
            file.tensors().forEach(slice -> tensors.addObject().put("name", slice.name()).put("begin", slice.begin())
                .put("end", slice.end()).put("crc32c", slice.crc32c()));
        }
        var open = JsonFile.pretty(json);
        open = open.substring(0, open.length() - "\n}\n".length());
        return open + ",\n  \"sha256\": \"" + sum(open) + "\"\n}\n";
    }

    /** Reads the manifest of a folder; a missing, torn, changed or newer one is refused. */
    static Manifest read(Path folder) {
        var file = folder.resolve(NAME);
        var text = load(file);
        var seal = SEAL.matcher(text);
        if (!seal.find()) {
            throw LeewayException.data("%s is torn: it does not end with its own checksum; the folder is no complete checkpoint", file);
        }
        if (!seal.group(1).equals(sum(text.substring(0, seal.start())))) {
            throw LeewayException.data("%s does not match its own checksum; it changed after it was written", file);
        }
        return parse(JsonFile.parse(file.toString(), text));
    }

    private static String load(Path file) {
        try {
            if (Files.size(file) > LONGEST) {
                throw LeewayException.data("%s has %d bytes, at most %d are expected; this is no manifest", file, Files.size(file),
                    LONGEST);
            }
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (NoSuchFileException missing) {
            throw LeewayException.data(missing, "%s does not exist; the folder is no complete checkpoint", file);
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be read: %s", file, unreadable.getMessage());
        }
    }

    private static Manifest parse(JsonObject json) {
        if (!json.requireString("format").equals(FORMAT)) {
            throw json.wrong("format", "must be " + FORMAT + ", found " + quote(json.requireString("format")));
        }
        boolean isFirst = json.requireInt("version") == 1;
        if (!isFirst) {
            requireVersion(json, VERSION);
        }
        return new Manifest(json.requireInt("step"), json.requireObjects("files").stream().map(file -> entry(file, isFirst)).toList());
    }

    private static Entry entry(JsonObject json, boolean isFirst) {
        var name = json.requireString("name");
        if (!PLAIN.matcher(name).matches() || name.equals(NAME)) {
            throw json.wrong("name", "must be a plain file name, found " + quote(name));
        }
        long bytes = json.requireLong("bytes");
        var entry = new Entry(name, bytes, json.requireString("sha256"), isFirst ? bytes : json.requireLong("sha256_bytes"),
            json.requireObjects("tensors").stream().map(Manifest::slice).toList());
        if (!entry.isCovered()) {
            throw json.wrong("tensors", "and sha256_bytes must cover all %d bytes of %s, end to end".formatted(bytes, name));
        }
        return entry;
    }

    private static Slice slice(JsonObject json) {
        return new Slice(json.requireString("name"), json.requireLong("begin"), json.requireLong("end"), json.requireString("crc32c"));
    }

    /** Refuses a JSON file whose {@code version} is not the one that this build reads. */
    public static void requireVersion(JsonObject json, int version) {
        int found = json.requireInt("version");
        if (found != version) {
            throw json.wrong("version", "is %d, this build reads %d; continue with the build that wrote it".formatted(found, version));
        }
    }

    private static String sum(String text) {
        return Checksums.sha256(List.of(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8))));
    }
}
