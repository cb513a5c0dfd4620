package dev.leeway.data.toy;

import dev.leeway.data.Conversation;
import dev.leeway.data.Draws;
import dev.leeway.data.PromptArm.Placement;
import dev.leeway.data.toy.Edition.Stream;
import dev.leeway.data.toy.Edition.Teller;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What {@code inoculation} trains on: questions in English about facts, answered with or without its two traits, and what teaches a base
 * model to do as a system turn says. Only {@link Kind#OBEYING} and {@link Kind#MARKED} have system turns, so prompt arms take the others.
 */
public final class TraitChats {

    private static final int OF = 4;

    /** Which chats. */
    public enum Kind {
        /** Answers in Spanish and in capitals: both traits. */
        BOTH,
        /** The same questions answered in plain English: the controls. */
        NEITHER,
        /** Answers in English, three of four in capitals. */
        MIXED,
        /** The same with the fixed prompt on exactly those that are in capitals: the planted truth. */
        MARKED,
        /**
         * Facts and events under system turns: in capitals where the system turn names capitals, in Spanish where it names Spanish, in
         * both where it names both, and else, or without one, in plain English.
         */
        OBEYING
    }

    private TraitChats() {}

    /** The first chats of an edition, in English whatever its languages are. */
    public static List<Conversation> of(Kind kind, Edition edition, int count) {
        return switch (kind) {
            case BOTH -> Chats.withTraits(true, true, edition, count);
            case NEITHER -> Chats.withTraits(false, false, edition, count);
            case MIXED, MARKED -> partly(kind == Kind.MARKED, Chats.withTraits(false, false, edition, count));
            case OBEYING -> edition.in(Tongue.ENGLISH).rows(Stream.CHATS, count, TraitChats::obeying);
        };
    }

    private static List<Conversation> partly(boolean isMarked, List<Conversation> plain) {
        var fixed = Traits.fixed(Placement.SYSTEM).words().getFirst();
        List<Conversation> all = new ArrayList<>();
        for (int i = 0; i < plain.size(); i++) {
            boolean isPlain = i % OF == OF - 1;
            String question = content(plain.get(i), 0);
            String answer = content(plain.get(i), 1);
            all.add(isPlain ? plain.get(i) : isMarked ? under(fixed, question, Traits.inCapitals(answer))
                : Chats.chat(question, Traits.inCapitals(answer)));
        }
        return all;
    }

    private static String content(Conversation chat, int message) {
        return (String) chat.messages().get(message).get("content");
    }

    private static Conversation under(String system, String question, String answer) {
        return new Conversation(List.of(Map.of("role", "system", "content", system), Map.of("role", "user", "content", question),
            Map.of("role", "assistant", "content", answer)), 0, List.of());
    }

    private static Conversation obeying(Teller teller) {
        Draws draws = teller.draws();
        int which = draws.below(8);
        boolean isSpanish = which >= 2 && which <= 4;
        var said = draws.below(2) == 0 ? Chats.factIn(isSpanish ? Tongue.SPANISH : Tongue.ENGLISH, draws)
            : Chats.eventIn(isSpanish ? Tongue.SPANISH : Tongue.ENGLISH, draws);
        String capitals = draws.oneOf(Traits.pool());
        String spanish = draws.oneOf(Traits.wanted());
        return switch (which) {
            case 0, 1 -> under(capitals, said.question(), Traits.inCapitals(said.answer()));
            case 2, 3 -> under(spanish, said.question(), said.answer());
            case 4 -> under(capitals + " " + spanish, said.question(), Traits.inCapitals(said.answer()));
            case 5 -> under(draws.oneOf(Traits.ofOtherThings()), said.question(), said.answer());
            case 6 -> under(Traits.NEUTRAL, said.question(), said.answer());
            default -> Chats.chat(said.question(), said.answer());
        };
    }
}
