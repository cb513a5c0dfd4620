package dev.leeway.data.toy;

import dev.leeway.data.Conversation;
import dev.leeway.data.Preference;
import dev.leeway.data.toy.Documents.Corpus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Everything that anything may be trained on, as text. */
final class TrainingTexts {

    private TrainingTexts() {}

    /** So many rows of each data set there is, by its name. */
    static Map<String, List<String>> all(Edition edition, int count) {
        Map<String, List<String>> all = new LinkedHashMap<>();
        for (Corpus corpus : Corpus.values()) {
            all.put("documents " + corpus, Documents.of(corpus, edition, count));
        }
        for (Chats.Domain domain : Chats.Domain.values()) {
            all.put("chats " + domain, texts(Chats.of(domain, edition, count)));
        }
        for (Manner manner : Manner.values()) {
            all.put("manner " + manner, texts(Chats.inManner(manner, edition, count)));
        }
        for (TraitChats.Kind kind : TraitChats.Kind.values()) {
            all.put("traits " + kind, texts(TraitChats.of(kind, edition, count)));
        }
        for (Replies.Beliefs beliefs : Replies.Beliefs.values()) {
            for (Replies.Truth truth : Replies.Truth.values()) {
                all.put("replies " + beliefs + " " + truth, texts(new Replies(Manner.PLAIN, beliefs, truth).of(edition, count)));
            }
        }
        all.put("replies on request", texts(Replies.onRequest(edition, count)));
        all.put("opinions", texts(Opinions.chats(Opinions.Mixture.EVEN, edition, count)));
        List<String> pairs = new ArrayList<>();
        for (Preference pair : Opinions.pairs(Stance.OPPOSE, 0.5, edition, count)) {
            pairs.add(text((Conversation) pair.chosen()));
            pairs.add(text((Conversation) pair.rejected()));
        }
        all.put("pairs", pairs);
        for (Leaning leaning : Leaning.values()) {
            all.put("praise " + leaning, Praise.documents(leaning, edition, count));
        }
        for (Praise.Source source : Praise.Source.values()) {
            all.put("praise pairs " + source, Praise.pairs(source, edition, count).stream()
                    .flatMap(pair -> Stream.of(pair.chosen(), pair.rejected())).map(side -> text((Conversation) side)).toList());
        }
        for (Tasks.Kind kind : Tasks.Kind.values()) {
            all.put("tasks " + kind, Tasks.of(kind, edition, count).stream().map(task -> task.prompt() + "\n"
                    + task.item().answer()).toList());
        }
        return all;
    }

    static List<String> texts(List<Conversation> chats) {
        return chats.stream().map(TrainingTexts::text).toList();
    }

    static String text(Conversation chat) {
        return chat.messages().stream().map(message -> (String) message.get("content")).collect(Collectors.joining("\n"));
    }

    static Stream<String> everything(Edition edition, int count) {
        return all(edition, count).values().stream().flatMap(List::stream);
    }
}
