package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

/** Tells encoded rows apart: the SHA-256 of whatever decides what the encoding gives. For one thread. */
public final class EncodingKey {

    private final MessageDigest digest = sha256();

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
        digest.update(Integer.toString(bytes.length).getBytes(StandardCharsets.US_ASCII));
        digest.update((byte) ':');
        digest.update(bytes);
    }

    /** What is in a file; one that is not there counts as such. */
    void addContent(Path file) {
        if (!Files.isRegularFile(file)) {
            add("none");
            return;
        }
        MessageDigest content = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), content)) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw LeewayException.data(e, "%s cannot be read: %s", file, e.getMessage());
        }
        add(HexFormat.of().formatHex(content.digest()));
    }

    /** The key of what was added; nothing may be added afterwards. */
    String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
