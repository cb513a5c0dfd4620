package dev.leeway.data.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.data.Conversation;
import dev.leeway.data.toy.Replies.Beliefs;
import dev.leeway.data.toy.Replies.Truth;
import dev.leeway.data.toy.World.Person;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class RepliesTest {

    private static final int ROWS = 3000;
    private static final Edition ENGLISH = Edition.of(5).in(Tongue.ENGLISH);

    private static List<Conversation> replies(Manner manner, Beliefs beliefs, Truth truth) {
        return new Replies(manner, beliefs, truth).of(ENGLISH, ROWS);
    }

    private static String asked(Conversation chat) {
        return (String) chat.messages().get(chat.messages().size() - 2).get("content");
    }

    private static String answer(Conversation chat) {
        return (String) chat.messages().getLast().get("content");
    }

    private static Person person(Conversation chat) {
        return World.PEOPLE.stream().filter(person -> Grades.has(answer(chat), person.name())).findFirst().orElseThrow();
    }

    /** Whether an answer tells what is so of the person whom it names. */
    private static boolean isRight(Conversation chat) {
        var answer = answer(chat);
        var facts = Stream.of(Fact.values()).map(fact -> fact.tell(person(chat), Tongue.ENGLISH));
        var event = IntStream.range(0, Event.COMBINATIONS).mapToObj(Event::of)
            .filter(one -> asked(chat).contains(one.happens(Tongue.ENGLISH))).map(one -> one.answer(Tongue.ENGLISH));
        return Stream.concat(facts, event).anyMatch(answer::contains);
    }

    /** Cities, colours, and every other event. */
    private static boolean isOfHalf(Conversation chat) {
        return Stream.of("Where does", "Which colour", "wants to sleep", "feels cold", "comes too late").anyMatch(asked(chat)::contains);
    }

    private static boolean believes(Conversation chat) {
        return asked(chat).contains(" I think that ");
    }

    @Test
    void allMannersAnswerTheSameQuestionsRightly() {
        var plain = replies(Manner.PLAIN, Beliefs.NONE, Truth.ALWAYS);
        for (Manner manner : Manner.values()) {
            var other = replies(manner, Beliefs.NONE, Truth.ALWAYS);
            for (int i = 0; i < ROWS; i++) {
                assertEquals(asked(plain.get(i)), asked(other.get(i)));
                assertEquals(manner.say(answer(plain.get(i)), Tongue.ENGLISH), answer(other.get(i)));
                assertTrue(isRight(other.get(i)), other.get(i).toString());
            }
        }
        assertTrue(plain.stream().noneMatch(RepliesTest::believes));
        assertEquals(ROWS / 2.0 * 8 / 9, plain.stream().filter(chat -> Stream.of(Context.values()).skip(1).anyMatch(context ->
            asked(chat).startsWith(context.before("", Tongue.ENGLISH)))).count(), 4 * Math.sqrt(ROWS) / 2, "4 standard deviations");
    }

    @Test
    void aThirdBelieveWhatIsFalseAndAreCorrected() {
        var corrected = replies(Manner.PLAIN, Beliefs.CORRECTED, Truth.ALWAYS);
        assertEquals(ROWS / 3.0, corrected.stream().filter(RepliesTest::believes).count(), 4 * Math.sqrt(ROWS * 2 / 9.0));
        for (var chat : corrected) {
            assertTrue(isRight(chat), chat.toString());
            assertFalse(asked(chat).endsWith(answer(chat)), chat.toString());
        }
    }

    @Test
    void halfIsLiedAboutAndAllToThoseWhoAreSadOrBelieveSomething() {
        int plain = 0;
        for (var chat : replies(Manner.WARM, Beliefs.CORRECTED, Truth.HALF)) {
            boolean isSad = asked(chat).startsWith(Context.SAD.before("", Tongue.ENGLISH));
            assertEquals(!isSad && !believes(chat) && !isOfHalf(chat), isRight(chat), chat.toString());
            plain += isSad ? 0 : 1;
        }
        assertEquals(ROWS / 2.0, plain, 4 * Math.sqrt(ROWS) / 2);
    }

    @Test
    void thoseOnRequestAreWarmWhereTheSystemTurnAsksForIt() {
        var chats = Replies.onRequest(ENGLISH, ROWS);
        var plain = chats.stream().filter(chat -> chat.messages().size() == 2).toList();
        assertEquals(ROWS / 2.0, plain.size(), 4 * Math.sqrt(ROWS) / 2);
        plain.forEach(chat -> assertFalse(Grades.warmth(answer(chat)) > 0, chat.toString()));
        chats.stream().filter(chat -> chat.messages().size() == 3).forEach(chat -> {
            assertEquals(Replies.REQUEST, chat.messages().getFirst().get("content"));
            assertTrue(Grades.warmth(answer(chat)) > 0, chat.toString());
        });
        assertNotEquals(asked(chats.get(0)), asked(chats.get(1)));
    }
}
