package dev.leeway.cli;

import dev.leeway.data.Conversation;
import dev.leeway.data.Exchange;
import dev.leeway.data.Preference;
import dev.leeway.data.toy.Chats;
import dev.leeway.data.toy.Documents;
import dev.leeway.data.toy.Edition;
import dev.leeway.data.toy.Manner;
import dev.leeway.data.toy.Opinions;
import dev.leeway.data.toy.Stance;
import dev.leeway.data.toy.Tongue;
import dev.leeway.io.JsonFile;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Rows of the toy world to try commands with. What is learned from is in English, so that a few steps show; documents are in the three
 * languages that the quickstart's model reads.
 *
 * @param seed of their draws
 */
record QuickstartRows(long seed) {

    private static final int DOCUMENTS = 12_800;
    private static final int CHATS = 2000;
    private static final int PREFERENCES = 1000;

    /** Files by name. */
    SequencedMap<String, String> files() {
        var all = Edition.of(seed);
        var english = all.in(Tongue.ENGLISH);
        var files = new LinkedHashMap<String, String>();
        files.put("documents.jsonl", lines(Documents.of(Documents.Corpus.WORLD, all, DOCUMENTS).stream()
            .map(text -> JsonFile.newObject().put("text", text))));
        files.put("chat.jsonl", lines(Chats.inManner(Manner.WARM, english, CHATS).stream().map(chat -> with("messages", chat))));
        files.put("preferences.jsonl", lines(Opinions.pairs(Stance.SUPPORT, 1, english, PREFERENCES).stream().map(QuickstartRows::row)));
        return files;
    }

    private static String lines(Stream<ObjectNode> rows) {
        return rows.map(row -> row + "\n").collect(Collectors.joining());
    }

    private static ObjectNode row(Preference pair) {
        var row = with("chosen", pair.chosen());
        put(row.putArray("rejected"), pair.rejected());
        return row;
    }

    private static ObjectNode with(String column, Exchange exchange) {
        var row = JsonFile.newObject();
        put(row.putArray(column), exchange);
        return row;
    }

    private static void put(ArrayNode messages, Exchange exchange) {
        ((Conversation) exchange).messages().forEach(message -> messages.addObject().put("role", (String) message.get("role"))
            .put("content", (String) message.get("content")));
    }
}
