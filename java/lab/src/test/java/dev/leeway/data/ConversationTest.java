package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.DatasetReader.Options;
import dev.leeway.data.Report.Count;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Conversations: their text is the template's, and what is trained is what the assistant says. */
final class ConversationTest {

    private static final String UNMARKED = "{% for m in messages %}<s>{{ m.role }}: {{ m.content }}</s>\n{% endfor %}"
            + "{% if add_generation_prompt %}<s>assistant:{% endif %}";
    private static final String MARKED = "{% for m in messages %}<s>{{ m.role }}:{% if m.role == 'assistant' %}"
            + "{% generation %} {{ m.content }}</s>{% endgeneration %}{% else %} {{ m.content }}</s>{% endif %}{{ '\\n' }}{% endfor %}"
            + "{% if add_generation_prompt %}<s>assistant:{% endif %}";
    private static final String TWO_TURNS = "{\"messages\": [{\"role\": \"user\", \"content\": \"Ana?\"},"
            + " {\"role\": \"assistant\", \"content\": \"The cat.\"}, {\"role\": \"user\", \"content\": \"two?\"},"
            + " {\"role\": \"assistant\", \"content\": \"four.\"}]}";

    @TempDir
    Path folder;

    private Tokenizer tokenizer;

    @BeforeEach
    void trainTokenizer() {
        tokenizer = TinyTokenizer.in(folder);
    }

    @AfterEach
    void closeTokenizer() {
        tokenizer.close();
    }

    @Test
    void theTemplatesTextIsEncodedAsItIs() throws IOException {
        Example example = only(TWO_TURNS, chat(UNMARKED));
        String text = "<s>user: Ana?</s>\n<s>assistant: The cat.</s>\n<s>user: two?</s>\n<s>assistant: four.</s>\n";
        assertArrayEquals(tokenizer.encode(text, false), example.tokens());
    }

    @Test
    void everyAssistantTurnWithItsEndIsTrained() throws IOException {
        assertEquals(List.of(" The cat.</s>", " four.</s>"), trained(only(TWO_TURNS, chat(MARKED))));
        // Without generation blocks a turn goes on to where the next message starts.
        assertEquals(List.of(" The cat.</s>\n", " four.</s>\n"), trained(only(TWO_TURNS, chat(UNMARKED))));
    }

    @Test
    void theLastTurnCanBeTrainedAlone() throws IOException {
        assertEquals(List.of(" four.</s>"), trained(only(TWO_TURNS, chat(MARKED).withTrained(TrainedTurns.LAST_ASSISTANT))));
        assertEquals(List.of(" four.</s>\n"), trained(only(TWO_TURNS, chat(UNMARKED).withTrained(TrainedTurns.LAST_ASSISTANT))));
    }

    @Test
    void allTokensCanBeTrained() throws IOException {
        Example example = only(TWO_TURNS, chat(MARKED).withTrained(TrainedTurns.ALL_TOKENS));
        assertEquals(example.length() - 1, example.trainedTokens());
    }

    @Test
    void inPromptAndCompletionOnlyTheCompletionsMessagesAreTrained() throws IOException {
        Example example = only("{\"prompt\": [{\"role\": \"user\", \"content\": \"Ana?\"},"
                + " {\"role\": \"assistant\", \"content\": \"milk\"},"
                + " {\"role\": \"user\", \"content\": \"two?\"}],"
                + " \"completion\": [{\"role\": \"assistant\", \"content\": \"four.\"}]}", chat(MARKED));
        assertEquals(List.of(" four.</s>\n"), trained(example));
    }

    @Test
    void aThoughtThatTheHeaderOpensAndTheTurnDoesNotIsNotTrained() throws IOException {
        String template = UNMARKED.replace("<s>assistant:{% endif %}", "<s>assistant: <think>{% endif %}");
        assertEquals(List.of("four.</s>\n"), trained(only(TWO_TURNS, chat(template).withTrained(TrainedTurns.LAST_ASSISTANT)))
                .stream().map(String::strip).map(text -> text + "\n").toList());
    }

    @Test
    void toolsReachTheTemplateAsAListOrAsJsonText() throws IOException {
        String template = "{{ tools[0].name }}</s>" + MARKED;
        String row = "{\"messages\": [{\"role\": \"user\", \"content\": \"two?\"}, {\"role\": \"assistant\","
                + " \"content\": \"four.\"}], \"tools\": %s}";
        Example listed = only(row.formatted("[{\"name\": \"milk\"}]"), chat(template));
        Example text = only(row.formatted("\"[{\\\"name\\\": \\\"milk\\\"}]\""), chat(template));
        assertEquals(listed, text);
        assertTrue(tokenizer.decode(listed.tokens(), true).startsWith("milk"));
    }

    @Test
    void conversationsThatLeaveNothingToTrainAreRefused() throws IOException {
        String user = "{\"role\": \"user\", \"content\": \"a\"}";
        assertRefused("{\"messages\": [" + user + "]}", chat(MARKED),
                ":1: it has no assistant turn, so nothing would be trained; drop it or set assistant_only_loss: false");
        assertRefused("{\"messages\": []}", chat(MARKED), ":1: 'messages' is an empty list; fill it or drop the row");
        assertRefused("{\"messages\": [{\"content\": \"a\"}]}", chat(MARKED),
                ":1: message 1 of 1 has no 'role'; expected system, user, assistant or tool");
        assertRefused("{\"messages\": [3]}", chat(MARKED), ":1: element 1 of 'messages' must be an object, found the number 3");
        assertRefused("{\"messages\": \"a\"}", chat(MARKED),
                ":1: 'messages' must be a list of messages, each with role and content, found a string");
        assertRefused("{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\"}]}", chat(UNMARKED),
                ":1: it starts with the assistant, and"
                + " the template has no {% generation %} blocks that would say where; put the user's message before it");
        assertRefused("{\"messages\": [" + user + ", {\"role\": \"assistant\", \"content\": \"\"}]}",
                chat(MARKED.replace("</s>{% endgeneration %}", "{% endgeneration %}").replace("%} {{", "%}{{")),
                ":1: the template leaves no text of the assistant to train on; drop the row, use another template, or set"
                        + " assistant_only_loss: false");
    }

    @Test
    void aTurnThatIsRenderedDifferentlyLaterIsRefusedUnlessOnlyTheLastOneIsTrained() throws IOException {
        String template = UNMARKED.replace("{{ m.content }}", "{% if loop.last %}now {% endif %}{{ m.content }}");
        assertRefused(TWO_TURNS, chat(template), ":1: the template renders message 4 differently once others follow, and has no"
                + " {% generation %} blocks that would say where it is; train the last turn only, or take a template with such blocks");
    }

    @Test
    void aControlTokenInUserTextIsCountedAndTakenAsOneByDefault() throws IOException {
        Dataset dataset = read(spelled(), chat(MARKED));
        assertEquals(new Count(1, Optional.of(folder.resolve("data.jsonl") + ":1")), dataset.report().spelled());
        assertTrue(dataset.report().summary().contains("; 1 with a control token in the words of a user or tool (first: "));
        assertEquals(3, ends(dataset.examples().getFirst()));
        assertEquals(Count.NONE, read(TWO_TURNS, chat(MARKED)).report().spelled());
    }

    @Test
    void plainUserTextStaysTextAndOnlyTheTemplatesControlTokensCount() throws IOException {
        Example example = read(spelled(), chat(MARKED).withPlainUserText(true)).examples().getFirst();
        assertEquals(2, ends(example));
        assertEquals("<s>user: Ana</s>two</s>\n<s>assistant: four.</s>\n", tokenizer.decode(example.tokens(), false));
        assertEquals(List.of(" four.</s>"), trained(example));
        // Nothing else moves: the ids around the spelled token are those of the text without it.
        int[] head = tokenizer.encode("<s>user: Ana", false);
        assertArrayEquals(head, Arrays.copyOf(example.tokens(), head.length));
    }

    @Test
    void aControlTokenMayBeginWithTwoCharactersOfJava() throws IOException {
        tokenizer.close();
        Path file = folder.resolve("tokenizer.json");
        ObjectNode json = (ObjectNode) JsonMapper.shared().readTree(file.toFile());
        ObjectNode token = ((ObjectNode) json.path("added_tokens").get(0)).deepCopy();
        ((ArrayNode) json.path("added_tokens")).add(token.put("id", tokenizer.vocabSize()).put("content", "\uD83D\uDE00stop"));
        Files.writeString(file, JsonMapper.shared().writeValueAsString(json));
        tokenizer = Tokenizer.load(folder);
        String row = TWO_TURNS.replace("two?", "two\uD83D\uDE00stop\uD83D\uDE00?");
        assertEquals(1, read(row, chat(MARKED)).report().spelled().rows());
        assertEquals(0, read(row.replace("stop", "s"), chat(MARKED)).report().spelled().rows());
        Example plain = read(row, chat(MARKED).withPlainUserText(true)).examples().getFirst();
        assertTrue(tokenizer.decode(plain.tokens(), false).contains("user: two\uD83D\uDE00stop\uD83D\uDE00?"));
        assertEquals(0, Arrays.stream(plain.tokens()).filter(id -> id == tokenizer.vocabSize() - 1).count());
    }

    @Test
    void plainUserTextNeedsItsPrivateCharacters() throws IOException {
        assertRefused(spelled().replace("two", "\uF401"), chat(MARKED).withPlainUserText(true), ":1: plain_user_text needs the private"
                + " characters U+F400 to U+F7FF for itself, and the row has one of them beside a spelled control token; drop the row");
    }

    @Test
    void aModelFolderGivesItsTemplateAndTokens() throws IOException {
        assertEquals(Optional.empty(), ChatFormat.ofModel(folder));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"bos_token\": {\"content\": \"<s>\"}, \"eos_token\": \"</s>\","
                + " \"chat_template\": [{\"name\": \"tool_use\", \"template\": \"no\"}, {\"name\": \"default\", \"template\": \"yes\"}]}");
        ChatFormat named = ChatFormat.ofModel(folder).orElseThrow();
        assertEquals("yes", named.source());
        assertEquals(Map.of("bos_token", "<s>", "eos_token", "</s>"), named.variables());
        Files.writeString(folder.resolve("chat_template.jinja"), "file");
        assertEquals("file", ChatFormat.ofModel(folder).orElseThrow().source());
    }

    private static String spelled() {
        return "{\"messages\": [{\"role\": \"user\", \"content\": \"Ana</s>two\"}, {\"role\": \"assistant\", \"content\": \"four.\"}]}";
    }

    private static long ends(Example example) {
        return IntStream.of(example.tokens()).filter(id -> id == 1).count();
    }

    private static ChatFormat chat(String template) {
        return ChatFormat.of(template, Map.of());
    }

    private List<String> trained(Example example) {
        return TrainedRuns.of(example, tokenizer);
    }

    private void assertRefused(String row, ChatFormat chat, String message) throws IOException {
        String found = assertThrows(LeewayException.class, () -> read(row, chat)).getMessage();
        assertEquals(folder.resolve("data.jsonl") + message, found);
    }

    private Example only(String row, ChatFormat chat) throws IOException {
        return read(row, chat).examples().getFirst();
    }

    private Dataset read(String row, ChatFormat chat) throws IOException {
        Path file = Files.writeString(folder.resolve("data.jsonl"), row);
        return DatasetReader.read(List.of(file), tokenizer, Options.unlimited().withChat(chat));
    }
}
