package dev.leeway.fuzz;

import dev.leeway.LeewayException;
import dev.leeway.data.ChatFormat;
import dev.leeway.data.Columns;
import dev.leeway.data.DatasetReader;
import dev.leeway.data.DatasetReader.Options;
import dev.leeway.text.BpeTrainer;
import dev.leeway.text.BpeVocabulary.Specials;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Any bytes as a data file: examples come of it, or it is refused with a sentence. A fuzzer's target; see profile fuzz. */
public final class RowsFuzz {

    private static final FuzzFile FILE = new FuzzFile();
    private static final Tokenizer TOKENIZER = tokenizer();
    private static final ChatFormat CHAT = ChatFormat.of("{% for m in messages %}<|{{ m['role'] }}|>{% if m.role == 'assistant' %}"
            + "{% generation %}{{ m.content }}</s>{% endgeneration %}{% else %}{{ m.content | trim }}{% for t in m.tool_calls %}"
            + "{{ t.function | tojson }}{% endfor %}</s>{% endif %}{% endfor %}{{ tools | tojson }}", Map.of());

    private RowsFuzz() {}

    /** The first byte chooses what the file is read for, and how; the rest is the file. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0 || isParquet(input)) {
            return;
        }
        Path file = FILE.with("data.jsonl", Arrays.copyOfRange(input, 1, input.length));
        int how = input[0];
        Options options = new Options(Columns.AS_NAMED, (how & 4) == 0 ? Options.UNLIMITED : 8, true,
                Optional.of(CHAT.withPlainUserText((how & 8) != 0)));
        try {
            switch (how & 3) {
                case 0, 1 -> DatasetReader.read(List.of(file), TOKENIZER, options);
                case 2 -> DatasetReader.readPreferences(List.of(file), TOKENIZER, options);
                default -> DatasetReader.readLabelled(List.of(file), TOKENIZER, options);
            }
        } catch (LeewayException refused) {
            Refusal.check(refused);
        }
    }

    /** Another library reads those. */
    private static boolean isParquet(byte[] input) {
        return new String(input, StandardCharsets.ISO_8859_1).startsWith("PAR1", 1);
    }

    private static Tokenizer tokenizer() {
        try {
            Path folder = Files.createTempDirectory("leeway-fuzz");
            for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
                folder.resolve(file).toFile().deleteOnExit();
            }
            new BpeTrainer(300, new Specials("<s>", "</s>", List.of("<|user|>"))).train(Collections.nCopies(3, "Ana has a cat."))
                    .save(folder);
            return Tokenizer.load(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
