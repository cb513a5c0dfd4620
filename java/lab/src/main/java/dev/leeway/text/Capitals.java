package dev.leeway.text;

/** Upper-case letters of a text. */
public final class Capitals {

    private Capitals() {
    }

    /** The share of upper-case letters among the letters that have a case, from 0 to 1; 0 where there are none. */
    public static double share(String text) {
        long upper = text.codePoints().filter(letter -> Character.isUpperCase(letter) || Character.isTitleCase(letter)).count();
        long lower = text.codePoints().filter(Character::isLowerCase).count();
        return upper == 0 ? 0 : (double) upper / (upper + lower);
    }
}
