package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.Example;
import dev.leeway.data.LabelledExample;
import dev.leeway.data.PreferenceExample;
import dev.leeway.data.PromptExample;
import dev.leeway.data.Unit;
import dev.leeway.io.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What tells whether a run that goes on has the data and the model that it began with. */
final class Fingerprint {

    private static final int SAMPLED = 1 << 20;
    /** What says how a model reads text, and what it makes of it, beside its weights. */
    private static final List<String> SMALL_FILES = List.of("chat_template.jinja", "config.json", "generation_config.json",
        "tokenizer.json", "tokenizer_config.json");

    private final Sha256 sum = new Sha256();

    private Fingerprint() {
    }

    /** SHA-256 of a text. */
    static String of(String text) {
        return Sha256.of(text);
    }

    /** SHA-256 over tokens, masks, labels, margins and numbers of rows. */
    static String of(List<? extends Unit> rows) {
        var print = new Fingerprint();
        for (var row : rows) {
            row.sequences().forEach(print::add);
            if (row instanceof LabelledExample labelled) {
                print.sum.addBytes((byte) (labelled.label() ? 1 : 0));
            } else if (row instanceof PreferenceExample pair) {
                pair.margin().ifPresent(margin -> print.sum.addBytes(ByteBuffer.allocate(Double.BYTES).putDouble(0, margin).array()));
            }
        }
        return print.hex();
    }

    /** SHA-256 over tokens, messages and columns of prompts. */
    static String ofPrompts(List<PromptExample> rows) {
        var print = new Fingerprint();
        for (var row : rows) {
            print.add(row.tokens().length);
            print.add(row.tokens());
            print.add(row.messages().toString());
            print.add(row.columns().size());
            new TreeMap<>(row.columns()).forEach((part, text) -> {
                print.add(part);
                print.add(text);
            });
        }
        return print.hex();
    }

    /** With its length before it, so that two texts are other than one of both. */
    private void add(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        add(bytes.length);
        sum.addBytes(bytes);
    }

    private void add(int... numbers) {
        var bytes = ByteBuffer.allocate(numbers.length * Integer.BYTES);
        bytes.asIntBuffer().put(numbers);
        sum.addBytes(bytes);
    }

    private void add(Example row) {
        var bytes = ByteBuffer.allocate(Long.BYTES + Integer.BYTES + row.length() * (Integer.BYTES + 1));
        bytes.putLong(row.unitId()).putInt(row.length());
        for (int i = 0; i < row.length(); i++) {
            bytes.putInt(row.tokens()[i]).put((byte) (row.mask()[i] ? 1 : 0));
        }
        sum.addBytes(bytes.array());
    }

    /**
     * SHA-256 over names, lengths, and the first and the last MiB of the weights in a folder: a name that now stands for another model is
     * noticed without reading all of it.
     */
    static String ofWeights(Path folder) {
        try (var files = Files.list(folder)) {
            return ofFiles(files.filter(path -> path.toString().endsWith(".safetensors")).sorted().toList());
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s cannot be read: %s", folder, unreadable.getMessage());
        }
    }

    /** The same of a model that reads text by itself, with the whole of its small files. */
    static String ofModel(Path folder) {
        var small = SMALL_FILES.stream().map(folder::resolve).filter(Files::exists);
        return of(Stream.concat(Stream.of(ofWeights(folder)), small.map(Fingerprint::ofFile)).toList().toString());
    }

    /** SHA-256 over name and content of a file. */
    static String ofFile(Path file) {
        var print = new Fingerprint();
        print.add(file.getFileName().toString());
        print.sum.addBytes(file);
        return print.hex();
    }

    /** What {@link #ofWeights} is made of, of these files in their order. */
    static String ofFiles(List<Path> files) {
        var print = new Fingerprint();
        for (var file : files) {
            try {
                print.sample(file);
            } catch (IOException unreadable) {
                throw LeewayException.data(unreadable, "%s cannot be read: %s", file, unreadable.getMessage());
            }
        }
        return print.hex();
    }

    private void sample(Path file) throws IOException {
        try (var channel = FileChannel.open(file)) {
            sum.addBytes(file.getFileName() + " " + channel.size());
            sample(channel, 0);
            sample(channel, Math.max(0, channel.size() - SAMPLED));
        }
    }

    private void sample(FileChannel channel, long from) throws IOException {
        var bytes = ByteBuffer.allocate(SAMPLED);
        while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) > 0) {
            continue;
        }
        sum.addBytes(bytes.flip());
    }

    private String hex() {
        return sum.hex();
    }
}
