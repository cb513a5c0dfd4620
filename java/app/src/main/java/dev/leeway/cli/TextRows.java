package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.Columns;
import dev.leeway.data.DatasetReader;
import dev.leeway.data.Example;
import dev.leeway.data.JsonRows;
import dev.leeway.data.PromptCompletion;
import dev.leeway.data.RowSet;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The documents of pretraining: rows with {@code text}, or plain {@code .txt} files. */
final class TextRows {

    /** How a plain text file is cut into documents, as in Hugging Face's {@code sample_by}. */
    enum SampleBy {
        /** Every line that isn't blank. */
        LINE,
        /** What stands between blank lines. */
        PARAGRAPH,
        /** The whole file. */
        DOCUMENT
    }

    private TextRows() {
    }

    static boolean isPlain(Path file) {
        return file.toString().endsWith(".txt");
    }

    /** The texts of all files, to learn a vocabulary from. */
    static List<String> texts(List<Path> files, Columns columns, SampleBy by) {
        var texts = new ArrayList<String>();
        for (var file : files) {
            if (isPlain(file)) {
                texts.addAll(plain(file, by));
            } else {
                try (var rows = JsonRows.open(file)) {
                    rows.forEach(row -> texts.add(row.has("text", columns) ? row.text("text", columns)
                        : row.text("prompt", columns) + row.text("completion", columns)));
                }
            }
        }
        return texts;
    }

    /** The encoded rows of all files, which are either all plain or all JSON. */
    static RowSet<Example> read(List<Path> files, SampleBy by, Tokenizer tokenizer, DatasetReader.Options options) {
        if (!isPlain(files.getFirst())) {
            return DatasetReader.read(files, tokenizer, options).rows();
        }
        return DatasetReader.encode(texts(files, options.columns(), by).stream().map(PromptCompletion::ofText).toList(), tokenizer,
            options).rows();
    }

    private static List<String> plain(Path file, SampleBy by) {
        try {
            var text = Files.readString(file).replace("\r\n", "\n").replace("\uFEFF", "");
            var parts = switch (by) {
                case LINE -> text.split("\n");
                case PARAGRAPH -> text.split("\n[ \t]*(\n[ \t]*)+");
                case DOCUMENT -> new String[] {text};
            };
            return Arrays.stream(parts).map(String::strip).filter(part -> !part.isEmpty()).toList();
        } catch (CharacterCodingException wrong) {
            throw LeewayException.data(wrong, "%s is not UTF-8; convert it", file);
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s cannot be read: %s", file, unreadable.getMessage());
        }
    }
}
