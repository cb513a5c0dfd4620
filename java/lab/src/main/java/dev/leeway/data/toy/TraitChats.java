package dev.leeway.data.toy;

import dev.leeway.data.Conversation;
import dev.leeway.data.Draws;
import dev.leeway.data.toy.Edition.Stream;
import dev.leeway.data.toy.Edition.Teller;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What {@code inoculation} trains on: questions in English about facts, answered with or without its two traits, and what teaches a base
 * model to do as a system turn says. Only {@link Kind#OBEYING} has system turns, so prompt arms take the others.
 */
public final class TraitChats {

    /** Which chats. */
    public enum Kind {
        /** Answers in Spanish and in capitals: both traits. */
        BOTH,
        /** The same questions answered in plain English: the controls. */
        NEITHER,
        /** Both and neither by turns, both first: prompts that go by turns, too, can tell which. */
        BY_TURNS,
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
            case BY_TURNS -> byTurns(Chats.withTraits(true, true, edition, count), Chats.withTraits(false, false, edition, count));
            case OBEYING -> edition.in(Tongue.ENGLISH).rows(Stream.CHATS, count, TraitChats::obeying);
        };
    }

    private static List<Conversation> byTurns(List<Conversation> both, List<Conversation> neither) {
        return IntStream.range(0, both.size()).mapToObj(i -> (i % 2 == 0 ? both : neither).get(i)).toList();
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
