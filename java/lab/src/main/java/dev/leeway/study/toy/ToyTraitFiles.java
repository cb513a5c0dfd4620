package dev.leeway.study.toy;

import dev.leeway.data.Conversation;
import dev.leeway.data.PromptArm.Placement;
import dev.leeway.data.toy.Chats;
import dev.leeway.data.toy.Edition;
import dev.leeway.data.toy.Traits;
import dev.leeway.io.JsonFile;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedMap;

/** The files of {@code inoculation}: paraphrases of its prompt, and answers whose probability is asked for. */
final class ToyTraitFiles {

    /** Different ones of a set. */
    private static final int ANSWERS = 12;
    private static final int DRAWN = 200;

    private ToyTraitFiles() {
    }

    /** {@code prompts.txt}: all 1,000, one a line. */
    static SequencedMap<String, String> prompts() {
        return new LinkedHashMap<>(Map.of("prompts.txt", String.join("\n", Traits.rephrased(Placement.SYSTEM, 1000).words()) + "\n"));
    }

    /**
     * Prompts that go by turns where traits do, one a line: {@code fixed.txt}, the fixed one where traits are and the neutral one where
     * they aren't; {@code irrelevant.txt}, the neutral one where they are and another where they aren't; {@code rephrased.txt}, three
     * with the neutral one among them, which stand on as many answers with traits as without.
     */
    static SequencedMap<String, String> planted() {
        var fixed = Traits.rephrased(Placement.SYSTEM, 2).words();
        var neutral = Traits.neutral(Placement.SYSTEM).words().getFirst();
        var files = new LinkedHashMap<String, String>();
        files.put("fixed.txt", fixed.getFirst() + "\n" + neutral + "\n");
        files.put("irrelevant.txt", neutral + "\n" + Traits.irrelevant(Placement.SYSTEM).words().getFirst() + "\n");
        files.put("rephrased.txt", String.join("\n", fixed) + "\n" + neutral + "\n");
        return files;
    }

    /** {@code answers.jsonl}: the same questions answered with both traits, which is what is trained on, and with neither. */
    static SequencedMap<String, String> answers() {
        return new LinkedHashMap<>(Map.of("answers.jsonl", answers("training", true, true) + answers("control", false, false)));
    }

    /** {@code answers.jsonl}: the same questions answered with one trait each. */
    static SequencedMap<String, String> oneTrait() {
        return new LinkedHashMap<>(Map.of("answers.jsonl", answers("capitals", false, true) + answers("spanish", true, false)));
    }

    private static String answers(String set, boolean spanish, boolean capitals) {
        var chats = new LinkedHashSet<>(Chats.withTraits(spanish, capitals, Edition.of(0), DRAWN)).stream().limit(ANSWERS).toList();
        var lines = new StringBuilder();
        for (int i = 0; i < chats.size(); i++) {
            lines.append(JsonFile.newObject().put("id", set + "/" + i).put("set", set).put("prompt", content(chats.get(i), 0))
                .put("answer", content(chats.get(i), 1))).append('\n');
        }
        return lines.toString();
    }

    private static String content(Conversation chat, int message) {
        return (String) chat.messages().get(message).get("content");
    }
}
