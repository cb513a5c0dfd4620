package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChatCommandTest {

    /** Plain rows are conversations of one turn: the user's words, then the assistant's. */
    private static final String TEMPLATE = "{%- if messages|length > 1 and messages[0]['role'] != 'system' %}"
        + "{{ raise_exception('one turn only') }}{% endif %}{{- messages[-1]['content'] }}";

    @TempDir
    private Path folder;
    private Path model;

    @BeforeEach
    void learn() throws IOException {
        model = folder.resolve("learned");
        Cli.succeed("sft", "--model_name_or_path", TinyModel.model(folder), "--dataset_name", folder.resolve("rows.jsonl"), "--output_dir",
            model, "--max_steps", 120, "--learning_rate", "5e-3");
    }

    private Cli chat(String input, Object... more) {
        var before = System.in;
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        try {
            var arguments = new java.util.ArrayList<Object>(java.util.List.of("chat", "--model_name_or_path", model));
            arguments.addAll(java.util.List.of(more));
            return Cli.run(arguments.toArray());
        } finally {
            System.setIn(before);
        }
    }

    private void useTemplate(String template) throws IOException {
        Files.writeString(model.resolve("chat_template.jinja"), template);
    }

    @Test
    void linesOfStandardInputAreTurnsAndAnswersAreAllOfTheOutput() throws IOException {
        useTemplate(TEMPLATE);
        var result = chat("number 3 is\n\n/reset\nnumber 1 is\n", "--max_new_tokens", 30);
        assertEquals(0, result.code(), result.err());
        assertEquals(" followed by 4.\n followed by 2.\n", result.out());
        assertEquals("", result.err());
    }

    @Test
    void aModelWithoutATemplateIsRefusedInASentence() {
        var result = chat("hello\n");
        assertEquals(3, result.code());
        assertTrue(result.err().contains("has no chat template (chat_template.jinja"), result.err());
    }

    @Test
    void aTurnThatTheTemplateRefusesIsForgotten() throws IOException {
        useTemplate(TEMPLATE);
        var result = chat("number 3 is\nnumber 1 is\n/reset\nnumber 1 is\n", "--max_new_tokens", 30);
        assertEquals(" followed by 4.\n followed by 2.\n", result.out());
        assertEquals("leeway chat: one turn only\n", result.err());
    }

    @Test
    void theModelReadsAllTurnsAndTheSystemsWords() throws IOException {
        // What the template does not want to see, it says: so the test sees what the template sees.
        useTemplate("{{ raise_exception(messages|map(attribute='role')|join(',') ~ ' ' ~ messages[0]['content']) }}");
        var result = chat("one\n/system Be brief.\ntwo\n/reset\nthree\n/system\nfour\n", "--system", "Be kind.");
        assertEquals("leeway chat: system,user Be kind.\nleeway chat: system,user Be brief.\nleeway chat: system,user Be brief.\n"
            + "leeway chat: user four\n", result.err());
        useTemplate("{% if messages|length == 3 %}{{ raise_exception(messages[1]['role'] ~ messages[1]['content']) }}{% endif %}"
            + "{{- messages[0]['content'] }}");
        assertEquals("leeway chat: assistant followed by 4.\n", chat("number 3 is\nand then?\n", "--max_new_tokens", 30).err());
    }

    @Test
    void slashWordsEndTheConversationOrAreExplained() throws IOException {
        useTemplate(TEMPLATE);
        var result = chat("/help\n/exit\nnumber 3 is\n");
        assertEquals(0, result.code());
        assertEquals("", result.out());
        assertEquals("leeway chat: unknown command /help; there are /exit, /reset, /system TEXT\n", result.err());
    }

    @Test
    void aConversationThatDoesNotFitSaysHowToGoOn() throws IOException {
        useTemplate(TEMPLATE);
        var result = chat("number 3 is, and what is more, it is a number that has a successor of its own\n", "--max_length", 8);
        assertTrue(result.err().contains("fewer than 8 fit; /reset starts anew"), result.err());
    }
}
