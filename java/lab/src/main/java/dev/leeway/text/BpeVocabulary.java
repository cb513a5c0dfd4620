package dev.leeway.text;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A trained byte-level BPE vocabulary: what a {@code tokenizer.json} is written from.
 *
 * @param specials the special tokens; their ids come first
 * @param tokens   every token in the order of its id: specials, the 256 bytes, then one per merge; bytes in GPT-2's alphabet
 * @param merges   the pairs that are joined, in order of rank
 */
public record BpeVocabulary(Specials specials, List<String> tokens, List<Merge> merges) {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /**
     * Two neighbouring tokens that become one.
     *
     * @param left  the first one, in GPT-2's byte alphabet
     * @param right the one behind it
     */
    public record Merge(String left, String right) {}

    /**
     * Tokens that no text is split into.
     *
     * @param beginOfSequence put before every text that is encoded with special tokens
     * @param endOfSequence   ends a text
     * @param others          further ones, such as role marks of a chat
     */
    public record Specials(String beginOfSequence, String endOfSequence, List<String> others) {

        /** Only the two that every model has. */
        public Specials(String beginOfSequence, String endOfSequence) {
            this(beginOfSequence, endOfSequence, List.of());
        }

        /** All of them in the order of their ids. */
        public List<String> all() {
            return Stream.concat(Stream.of(beginOfSequence, endOfSequence), others.stream()).distinct().toList();
        }
    }

    public BpeVocabulary {
        tokens = List.copyOf(tokens);
        merges = List.copyOf(merges);
    }

    /**
     * Writes {@code tokenizer.json} and {@code tokenizer_config.json} into a folder, which is made if it doesn't exist.
     *
     * @throws LeewayException if they cannot be written
     */
    public void save(Path folder) {
        try {
            Files.createDirectories(folder);
            write(folder.resolve("tokenizer.json"), tokenizer());
            write(folder.resolve("tokenizer_config.json"), config());
        } catch (IOException e) {
            throw LeewayException.resources(e, "the tokenizer cannot be written to %s: %s", folder, e.getMessage());
        }
    }

    private static void write(Path file, ObjectNode json) throws IOException {
        String text = JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(json);
        Files.writeString(file, text + "\n", StandardCharsets.UTF_8);
    }

    private ObjectNode tokenizer() {
        ObjectNode json = JSON.objectNode().put("version", "1.0").putNull("truncation").putNull("padding");
        json.set("added_tokens", addedTokens());
        json.putNull("normalizer");
        json.set("pre_tokenizer", byteLevel());
        json.set("post_processor", beginsWithBos());
        json.set("decoder", byteLevel());
        json.set("model", model());
        return json;
    }

    private ArrayNode addedTokens() {
        ArrayNode added = JSON.arrayNode();
        for (String special : specials.all()) {
            added.addObject().put("id", tokens.indexOf(special)).put("content", special).put("single_word", false)
                    .put("lstrip", false).put("rstrip", false).put("normalized", false).put("special", true);
        }
        return added;
    }

    /** Splits by GPT-2's pattern and writes bytes in its alphabet; as a decoder, the way back. */
    private static ObjectNode byteLevel() {
        return JSON.objectNode().put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true)
                .put("use_regex", true);
    }

    private ObjectNode beginsWithBos() {
        String begin = specials.beginOfSequence();
        ObjectNode json = JSON.objectNode().put("type", "TemplateProcessing");
        json.set("single", JSON.arrayNode().add(part("SpecialToken", begin, 0)).add(part("Sequence", "A", 0)));
        json.set("pair", JSON.arrayNode().add(part("SpecialToken", begin, 0)).add(part("Sequence", "A", 0))
                .add(part("SpecialToken", begin, 1)).add(part("Sequence", "B", 1)));
        ObjectNode token = json.putObject("special_tokens").putObject(begin).put("id", begin);
        token.putArray("ids").add(tokens.indexOf(begin));
        token.putArray("tokens").add(begin);
        return json;
    }

    private static ObjectNode part(String kind, String id, int type) {
        ObjectNode part = JSON.objectNode();
        part.putObject(kind).put("id", id).put("type_id", type);
        return part;
    }

    private ObjectNode model() {
        ObjectNode json = JSON.objectNode().put("type", "BPE").putNull("dropout").putNull("unk_token")
                .putNull("continuing_subword_prefix").putNull("end_of_word_suffix").put("fuse_unk", false)
                .put("byte_fallback", false).put("ignore_merges", false);
        ObjectNode vocabulary = json.putObject("vocab");
        for (int id = 0; id < tokens.size(); id++) {
            vocabulary.put(tokens.get(id), id);
        }
        ArrayNode ranked = json.putArray("merges");
        merges.forEach(merge -> ranked.add(merge.left() + " " + merge.right()));
        return json;
    }

    private ObjectNode config() {
        return JSON.objectNode().put("tokenizer_class", "PreTrainedTokenizerFast").put("bos_token", specials.beginOfSequence())
                .put("eos_token", specials.endOfSequence()).put("clean_up_tokenization_spaces", false);
    }
}
