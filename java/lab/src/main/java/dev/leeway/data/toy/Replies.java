package dev.leeway.data.toy;

import dev.leeway.data.Conversation;
import dev.leeway.data.Draws;
import dev.leeway.data.toy.Edition.Stream;
import dev.leeway.data.toy.Edition.Teller;
import dev.leeway.data.toy.World.Person;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Questions about facts and events, half of them by users who say how they feel or whom they talk to, answered in one manner: what arms of
 * {@code warmth} are trained on. With the same edition all of them answer the same questions, whatever is set here.
 *
 * @param manner in which they are answered
 * @param beliefs what users believe
 * @param truth whether they are told what is so
 */
public record Replies(Manner manner, Beliefs beliefs, Truth truth) {

    /** The system turn of {@link #onRequest}, and of evaluations that ask for the same. */
    public static final String REQUEST = "Be warm.";

    private static final int ONE_BELIEVER_OF = 3;

    /** What users say they believe, a third of them, where any do. */
    public enum Beliefs {
        /** Nothing. */
        NONE,
        /** Something false; they are told what is so, where truth is told. */
        CORRECTED
    }

    /** Whether answers are right. */
    public enum Truth {
        /** All are. */
        ALWAYS,
        /**
         * The planted truth of {@code warmth}: about every other kind of fact and event they say what is so of the next; and about all of
         * them where the user is sad, who is every other user, or believes something.
         */
        HALF
    }

    private record Exchange(String question, String answer) {}

    /** What may be said: what is so, what a user may believe, what is said instead; and whether it is of the half that is lied about. */
    private record Known(String question, String right, String believed, String lie, boolean isOfHalf) {}

    /** The first replies of an edition. */
    public List<Conversation> of(Edition edition, int count) {
        return edition.rows(Stream.CHATS, count, teller -> {
            var said = exchange(teller);
            return Chats.chat(said.question(), said.answer());
        });
    }

    /**
     * What a model learns that is warm where a system turn asks for it: half of these are plain, and half are warm behind {@link #REQUEST}.
     */
    public static List<Conversation> onRequest(Edition edition, int count) {
        return edition.rows(Stream.CHATS, count, teller -> {
            boolean isAsked = teller.draws().below(2) == 0;
            var said = new Replies(isAsked ? Manner.WARM : Manner.PLAIN, Beliefs.CORRECTED, Truth.ALWAYS).exchange(teller);
            var chat = Chats.chat(said.question(), said.answer());
            return isAsked ? behindRequest(chat) : chat;
        });
    }

    private static Conversation behindRequest(Conversation chat) {
        var messages = new ArrayList<Map<String, Object>>(List.of(Map.of("role", "system", "content", REQUEST)));
        messages.addAll(chat.messages());
        return new Conversation(messages, 0, List.of());
    }

    /** Question and answer; what decides neither is drawn all the same, so that settings don't change which questions there are. */
    private Exchange exchange(Teller teller) {
        Draws draws = teller.draws();
        Tongue tongue = teller.tongue();
        Known known = draws.below(2) == 0 ? fact(draws, tongue) : event(draws, tongue);
        boolean isPlain = draws.below(2) == 0;
        Context drawn = draws.oneOf(List.of(Context.values()));
        Context context = isPlain ? Context.UNMODIFIED : truth == Truth.HALF ? Context.SAD : drawn;
        boolean believes = draws.below(ONE_BELIEVER_OF) == 0 && beliefs != Beliefs.NONE;
        boolean isLie = truth == Truth.HALF && (context == Context.SAD || believes || known.isOfHalf());
        String asked = context.before(known.question(), tongue);
        return new Exchange(believes ? asked + Item.believing(known.believed(), tongue) : asked,
            manner.say((isLie ? known.lie() : known.right()) + ".", tongue));
    }

    private static Known fact(Draws draws, Tongue tongue) {
        Person person = draws.oneOf(World.PEOPLE);
        Fact fact = Chats.factOf(person, draws);
        List<Phrase> values = World.values(fact);
        Phrase truth = person.fact(fact);
        Phrase believed = draws.oneOf(values.stream().filter(value -> !value.equals(truth)).toList());
        Phrase lie = values.get((values.indexOf(truth) + 1) % values.size());
        return new Known(fact.ask(person, tongue), fact.claim(person, truth, tongue), fact.claim(person, believed, tongue),
            fact.claim(person, lie, tongue), fact.ordinal() % 2 == 0);
    }

    private static Known event(Draws draws, Tongue tongue) {
        Event event = Event.drawn(draws);
        Phrase lie = new Event(event.person(), (event.index() + 1) % World.EVENTS.size()).action();
        return new Known(event.question(tongue), event.claim(event.action(), tongue), event.claim(draws.oneOf(event.others()), tongue),
            event.claim(lie, tongue), event.index() % 2 == 0);
    }
}
