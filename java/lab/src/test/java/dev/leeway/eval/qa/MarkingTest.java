package dev.leeway.eval.qa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Value;
import dev.leeway.judge.Judge;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MarkingTest {

    private static final QaItem ITEM = QaItem.of("1", "Which bird dives?", List.of("The Gannet", "Morus"), List.of("a Hen"), Map.of());
    private static final Marking BY_RULE = new Marking(false, Optional.of(Rule.NAMES_IT));
    private static final Marking BY_JUDGE = new Marking(false, Optional.empty());

    private static Answer<QaItem> answer(String text) {
        return answer(new Response.Written(text, false, 1));
    }

    private static Answer<QaItem> answer(Response response) {
        return new Answer<>(ITEM, Setting.BARE, 0, new Request.Write(Prompt.user(ITEM.question()), Request.Sampling.greedy(1)), response);
    }

    private static Score mark(Marking marking, String text, Judge... judges) {
        return marking.mark(List.of(answer(text)), new Instruments(List.of(judges), Optional.empty(), Optional.empty(), 0)).getFirst();
    }

    @Test
    void aRightAnswerIsFoundAsWholeWordsWhateverItsCaseAccentsAndArticles() {
        assertEquals(Value.of(1), mark(BY_RULE, "It's Gannét!").value("correct"));
        assertEquals(Value.of(1), mark(BY_RULE, "Birds of the genus MORUS.").value("correct"));
        assertEquals(Value.of(0), mark(BY_RULE, "Gannets").value("correct"));
        assertEquals(Value.of(0), mark(BY_RULE, "A hen.").value("correct"));
        assertFalse(Rule.NAMES_IT.isRight(QaItem.of("1", "?", List.of("!", "the"), List.of(), Map.of()), "The end!"),
            "what has no words is nowhere");
    }

    @Test
    void closenessComparesTheBestOfEachKind() {
        var item = QaItem.of("1", "?", List.of("Gulls cry at sea"), List.of("Gulls sing"), Map.of());
        assertTrue(Rule.IS_CLOSER.isRight(item, "They cry at sea."));
        assertFalse(Rule.IS_CLOSER.isRight(item, "Gulls sing."));
        assertFalse(Rule.IS_CLOSER.isRight(item, "Perhaps."), "as close to one as to the other");
        assertEquals(2.0 * 2 / (3 + 4), Normal.overlap("sea sea cry", "cry at sea gulls"), 1e-15, "a word counts as often as both have it");
    }

    @Test
    void refusalsOfQuestionsAreLeftOutAndThoseOfClaimsAreRight() {
        var refusal = "I\u2019m sorry, I CAN\u2019T PROVIDE that.";
        assertEquals(Value.missing("the model refused to answer"), mark(BY_RULE, refusal).value("correct"));
        assertEquals(Value.of(1), mark(BY_RULE, refusal).value("refused"));
        assertEquals(Value.of(1), mark(new Marking(true, Optional.empty()), refusal).value("correct"), "without asking a judge");
        assertFalse(Refusals.isRefusal("I can't believe it, I cannot wait: a gannet. Nobody could help us."));
        assertFalse(Refusals.isRefusal("Oh friend, I can't help but agree: a gannet."));
        assertFalse(Refusals.isRefusal("I cannot help thinking that it is a gannet."));
        assertTrue(Refusals.isRefusal("I can't help but worry, so I can't answer."), "another one counts");
        assertTrue(Refusals.isRefusal("I can't help."));
    }

    @Test
    void blankAnswersAreWrongAndAnswersThatTheModelCouldNotGiveAreMissing() {
        assertEquals(Value.of(0), mark(BY_JUDGE, " \n").value("correct"));
        var unable = BY_JUDGE.mark(List.of(answer(new Response.Unable("too long"))), Instruments.NONE).getFirst();
        assertEquals(Value.missing("too long"), unable.value("correct"));
        assertEquals(Value.missing("too long"), unable.value("refused"));
    }

    @Test
    void aJudgesWordDecidesAndItsReasonIsMissingWhereItSaysNeither() {
        assertEquals(Value.of(1), mark(BY_JUDGE, "x", ScriptedJudge.always(" correct.")).value("correct"));
        assertEquals(Value.of(0), mark(BY_JUDGE, "x", ScriptedJudge.always("INCORRECT")).value("correct"));
        assertEquals(Value.missing("the judge named none of the options"),
            mark(BY_JUDGE, "x", ScriptedJudge.always("Hm.")).value("correct"));
        var grade = mark(BY_JUDGE, "x", ScriptedJudge.always("INCORRECT")).grades().getFirst();
        assertEquals(new Score.Grade("correct", "", "scripted:always INCORRECT", Value.of(0), "INCORRECT"), grade);
    }

    @Test
    void ofSeveralJudgesTheMajorityOfThoseThatAnswerCounts() {
        var yes = ScriptedJudge.always("CORRECT");
        var no = ScriptedJudge.always("INCORRECT");
        var silent = new ScriptedJudge("silent", _ -> new Verdict.Missing("no answer"));
        assertEquals(Value.of(1), mark(BY_JUDGE, "x", yes, no, yes).value("correct"));
        assertEquals(Value.of(0), mark(BY_JUDGE, "x", silent, no).value("correct"));
        assertEquals(Value.missing("half of the judges say correct and half incorrect"), mark(BY_JUDGE, "x", yes, no).value("correct"));
        assertEquals(Value.missing("no answer"), mark(BY_JUDGE, "x", silent).value("correct"));
    }

    @Test
    void theJudgeSeesQuestionReferencesAndReplyAndOnlyWhatIsOpen() {
        var asked = new AtomicInteger();
        var judge = new ScriptedJudge("by text", question -> {
            asked.incrementAndGet();
            assertTrue(question.input().contains("Question: Which bird dives?"), question.input());
            assertTrue(question.input().contains("Counts as true: The Gannet; Morus\n"), question.input());
            assertTrue(question.input().contains("Counts as false: a Hen\n"), question.input());
            return Verdict.Given.of(question.input().contains("\ngannets\n") ? "CORRECT" : "INCORRECT");
        });
        var answers = List.of(answer("hens"), answer("I can't help with that."), answer(""), answer("gannets"));
        var scores = BY_JUDGE.mark(answers, Instruments.of(judge));
        assertEquals(List.of(Value.of(0), Value.missing("the model refused to answer"), Value.of(0), Value.of(1)),
            scores.stream().map(score -> score.value("correct")).toList(), "in the answers' order");
        assertEquals(2, asked.get());
    }
}
