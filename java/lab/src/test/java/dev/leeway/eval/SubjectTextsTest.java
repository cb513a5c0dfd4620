package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Options behind prompts, by a tokenizer of the sentencepiece kind: it puts a blank before every text. */
final class SubjectTextsTest {

    private static final int BEGIN = 1;
    private static final int BLANK = 3;
    private static final int COLON = 4;
    private static final int A = 5;
    private static final int BLANK_A = 7;
    private static final int BLANK_B = 8;
    private static final int BLANK_COLON = 9;
    private static final int A_B = 10;
    private static final int FIRST_LETTER = 11;
    private static final int LAST_LETTER = 12;

    @TempDir
    private Path folder;

    @BeforeEach
    void writeTokenizer() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), """
            {"version": "1.0", "truncation": null, "padding": null,
             "added_tokens": [{"id": 0, "content": "<unk>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
               "special": true}, {"id": 1, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true}],
             "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"},
               {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
             "pre_tokenizer": null, "decoder": null,
             "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}},
               {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
             "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": false, "byte_fallback": false, "vocab": {"<unk>": 0, "<s>": 1,
               "</s>": 2, "\u2581": 3, ":": 4, "A": 5, "B": 6, "\u2581A": 7, "\u2581B": 8, "\u2581:": 9, "AB": 10, "[": 11, "]": 12},
               "merges": ["\u2581 A", "\u2581 B", "\u2581 :", "A B"]}}
            """);
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\"}");
    }

    private List<Continued> weighed(Prompt prompt, String... options) {
        var found = new ArrayList<Continued>();
        try (var texts = SubjectTexts.of(folder)) {
            texts.weighed(new Request.Weigh(prompt, List.of(options)), 100, found::addAll, unable -> {
                throw new AssertionError(unable.reason());
            });
        }
        return found;
    }

    private static void assertTokens(Continued found, int[] context, int... continuation) {
        assertArrayEquals(context, found.context());
        assertArrayEquals(continuation, found.continuation());
    }

    @Test
    void anOptionHasNoBlankThatTheTokenizerPutsBeforeTexts() {
        var found = weighed(new Prompt.Text(":"), " A", " B");
        assertTokens(found.getFirst(), new int[] {BEGIN, BLANK_COLON}, BLANK_A);
        assertTokens(found.getLast(), new int[] {BEGIN, BLANK_COLON}, BLANK_B);
        assertTrue(Continued.areNextTokens(found), "one reading of the prompt tells both");
        assertTokens(weighed(new Prompt.Text(":"), "A:").getFirst(), new int[] {BEGIN, BLANK_COLON}, A, COLON);
    }

    @Test
    void blanksAtTheEndOfATextAreTheOptions() {
        assertTokens(weighed(new Prompt.Text(": "), "A").getFirst(), new int[] {BEGIN, BLANK_COLON}, BLANK_A);
        assertTokens(weighed(new Prompt.Text(": "), ":").getFirst(), new int[] {BEGIN, BLANK_COLON}, BLANK_COLON);
        assertTokens(weighed(new Prompt.Text(":  "), "A").getFirst(), new int[] {BEGIN, BLANK_COLON}, BLANK, BLANK_A);
    }

    @Test
    void aTokenAcrossTheBorderIsScored() {
        var found = weighed(new Prompt.Text(":A"), "B", ":");
        assertTokens(found.getFirst(), new int[] {BEGIN, BLANK_COLON}, A_B);
        assertTokens(found.getLast(), new int[] {BEGIN, BLANK_COLON, A}, COLON);
        assertFalse(Continued.areNextTokens(found), "two contexts need two readings");
    }

    @Test
    void anOptionOfAConversationBeginsBehindTheTemplateAndItsControlTokensStayText() throws IOException {
        Files.writeString(folder.resolve("chat_template.jinja"), "{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %} ");
        var context = new int[] {BEGIN, BLANK, FIRST_LETTER, A, LAST_LETTER, BLANK};
        assertTokens(weighed(Prompt.user("A"), ":A").getFirst(), Continued.of(new int[] {BEGIN, BLANK, FIRST_LETTER, A, LAST_LETTER},
            context).context(), BLANK_COLON, A); // the template's last blank belongs to a token of the option here
        assertTokens(weighed(Prompt.user("A"), "[A").getFirst(), context, FIRST_LETTER, A);
        var spelled = weighed(Prompt.user("A"), "<s>").getFirst();
        assertArrayEquals(context, spelled.context());
        assertArrayEquals(new int[] {0, 0, 0}, spelled.continuation());
    }

    @Test
    void whatDoesNotFitIsRefusedWithItsNumbers() {
        var refused = new ArrayList<Response.Unable>();
        try (var texts = SubjectTexts.of(folder)) {
            texts.weighed(new Request.Weigh(new Prompt.Text(":A:A"), List.of(" A", " A B")), 6, _ -> {
                throw new AssertionError("5 tokens with 2 behind them do not fit into 6");
            }, refused::add);
        }
        assertEquals(List.of(new Response.Unable("the prompt has 5 tokens, and the model takes 4")), refused);
    }
}
