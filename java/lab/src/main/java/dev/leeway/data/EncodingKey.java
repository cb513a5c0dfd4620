package dev.leeway.data;

import dev.leeway.io.Sha256;
import dev.leeway.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.TreeMap;

/** Tells encoded rows apart: the SHA-256 of whatever decides what the encoding gives. For one thread. */
public final class EncodingKey {

    private final Sha256 sum = new Sha256();

    EncodingKey() {}

    /** Of all but the rows themselves: the tokenizer's files, the columns, the lengths, the chat format and the prompt arm. */
    public static String of(Tokenizer tokenizer, DatasetReader.Options options) {
        var key = new EncodingKey();
        key.add(tokenizer, options);
        return key.hex();
    }

    void add(Tokenizer tokenizer, DatasetReader.Options options) {
        for (String name : List.of("tokenizer_config.json", "generation_config.json", "config.json")) {
            addContent(tokenizer.source().resolveSibling(name));
        }
        addContent(tokenizer.source());
        add(new TreeMap<>(options.columns().sources()).toString());
        add(options.maxLength() + " " + options.completionOnly());
        add(options.truncation().toString());
        options.chat().ifPresent(this::add);
        if (options.promptArm().kind() != PromptArm.Kind.NONE) {
            add(options.promptArm());
        }
    }

    private void add(PromptArm arm) {
        add(arm.kind() + " " + arm.placement() + " " + arm.assignment() + " " + arm.words().size());
        arm.words().forEach(this::add);
    }

    /** A template that asks for the date gives other text tomorrow. */
    private void add(ChatFormat chat) {
        add(chat.source());
        add(new TreeMap<>(chat.variables()).toString());
        add(chat.trained() + " " + chat.plainUserText());
        add(chat.source().contains("strftime_now") ? LocalDate.now().toString() : "");
    }

    /** With its length, so that two neighbours can't be cut otherwise. */
    void add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        sum.addBytes(bytes.length + ":").addBytes(bytes);
    }

    /** What is in a file; one that is not there counts as such. */
    void addContent(Path file) {
        if (!Files.isRegularFile(file)) {
            add("none");
            return;
        }
        add(Sha256.ofFile(file));
    }

    /** The key of what was added; nothing may be added afterwards. */
    String hex() {
        return sum.hex();
    }
}
