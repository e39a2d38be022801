"""Sixty questions of arithmetic and units, each with its exact answer; and what is undefined."""

from fractions import Fraction

import pytest
from skill_talk import Conversation

from assistant.skills.arithmetic.skill import ArithmeticSkill
from assistant.skills.arithmetic.values import Operation, Undefined, Value, convert, evaluate
from assistant.skills.language import language
from assistant.skills.templates import load_templates
from assistant.skills.wording import decimal

ENGLISH = language("en")
SKILL = ArithmeticSkill(ENGLISH)
TEMPLATES = load_templates("en", {**ENGLISH.readers(), **SKILL.readers()}, ENGLISH.spelling)

QUESTIONS = [
    ("what is seven plus eight", "That is 15."),
    ("what's 100 minus 37", "That is 63."),
    ("twelve times twelve", "That is 144."),
    ("how much is 144 divided by 12", "That is 12."),
    ("what is 7 divided by 8", "That is 0.875."),
    ("what is ten divided by four", "That is 2.5."),
    ("two plus three times four", "That is 14."),
    ("(2 + 3) * 4", "That is 20."),
    ("2^10", "That is 1024."),
    ("9 squared", "That is 81."),
    ("three cubed", "That is 27."),
    ("two to the eighth power", "That is 256."),
    ("the square root of 169", "That is 13."),
    ("what is the cube root of 27", "That is 3."),
    ("square root of one quarter", "That is 0.5."),
    ("what is 0.1 plus 0.2", "That is 0.3."),
    ("what is minus 5 plus 3", "That is -2."),
    ("1,250 times 8", "That is 10,000."),
    ("what is a hundred and one minus two", "That is 99."),
    ("two thousand five hundred plus six hundred", "That is 3100."),
    ("what is one point five times three", "That is 4.5."),
    ("two and a half times four", "That is 10."),
    ("half of 250", "That is 125."),
    ("three quarters of 80", "That is 60."),
    ("one half plus one third plus one sixth", "That is 1."),
    ("twelve percent of eighty", "That is 9.6."),
    ("what is 150 percent of 40", "That is 60."),
    ("what is 200 plus 10 percent", "That is 220."),
    ("what is 200 minus 25 percent", "That is 150."),
    ("20 percent off 50", "That is 40."),
    ("what is an 18 percent tip on 50 dollars", "That is 9."),
    ("what percent of 50 is 20", "That is 40 percent."),
    ("30 is what percent of 120", "That is 25 percent."),
    ("six factorial", "That is 720."),
    ("17 modulo 5", "That is 2."),
    ("the sum of 12 and 30", "That is 42."),
    ("the product of 6 and 7", "That is 42."),
    ("the difference between 50 and 8", "That is 42."),
    ("the average of 10, 20 and 60", "That is 30."),
    ("greatest common divisor of 84 and 36", "That is 12."),
    ("least common multiple of 4 and 6", "That is 12."),
    ("double 21", "That is 42."),
    ("how many centimeters are in 2 meters", "2 meters is 200 centimeters."),
    ("how many inches in a foot", "1 foot is 12 inches."),
    ("one inch in centimetres", "1 inch is 2.54 centimeters."),
    ("5 miles in kilometers", "5 miles is 8.04672 kilometers."),
    ("20 celsius in fahrenheit", "20 degrees Celsius is 68 degrees Fahrenheit."),
    ("32 Fahrenheit in Celsius", "32 degrees Fahrenheit is 0 degrees Celsius."),
    ("how many grams are in two and a half kilograms", "2.5 kilograms is 2500 grams."),
    ("one pound in grams", "1 pound is 453.59237 grams."),
    ("3 cups in milliliters", "3 cups is about 709.76 milliliters."),
    ("how many teaspoons in a tablespoon", "1 tablespoon is 3 teaspoons."),
    ("how many minutes are in a week", "1 week is 10,080 minutes."),
    ("36 kilometers per hour in meters per second", "36 kilometers per hour is 10 meters per second."),
    ("how many square feet are in a square yard", "1 square yard is 9 square feet."),
    ("2 gigabytes in megabytes", "2 gigabytes is 2000 megabytes."),
    ("three meters plus 20 centimeters", "That is 320 centimeters."),
    ("a car drives two and a half hours at sixty kilometres per hour, how far", "150 kilometers."),
    ("how long does it take to walk 10 kilometers at 4 kilometers per hour", "2 hours and 30 minutes."),
    ("how fast is a train that goes 450 kilometers in 3 hours", "150 kilometers per hour."),
    ("how far does sound go in 3 seconds at 343 meters per second", "1029 meters."),
]
UNDEFINED = [
    ("what is five divided by zero", "That is undefined: nothing can be divided by zero."),
    ("7 modulo 0", "That is undefined: nothing can be divided by zero."),
    ("0^0", "Zero to the power of zero is undefined."),
    ("the square root of minus nine", "That has no real result: the number under the root is negative."),
    ("factorial of 2.5", "A factorial is only defined for whole numbers from zero up."),
    ("what percent of 0 is 5", "That is undefined: nothing can be divided by zero."),
    ("nine to the power of a million", "That number is too large for me."),
    ("three liters plus two meters", "That does not work: these units measure different things."),
    ("five kilograms in hours", "Kilograms can't be turned into hours: they measure different things."),
    ("minus 500 fahrenheit in celsius", "There is no such temperature: that is below absolute zero."),
    ("50 euros in dollars", "I can't convert money: I have no exchange rates, because I work offline."),
]


def answer(text):
    reading = TEMPLATES.read(ENGLISH.words(text))
    assert reading is not None, text
    said = SKILL.handlers[reading.intent](reading, None)
    return said.text if said is not None else None


def test_there_are_sixty():
    assert len(QUESTIONS) >= 60


@pytest.mark.parametrize(("question", "expected"), QUESTIONS + UNDEFINED)
def test_the_exact_answer(question, expected):
    assert answer(question) == expected


@pytest.mark.parametrize(
    "text",
    [
        "seven",
        "what is 3",
        "how long does it take to boil an egg",
        "how far is the moon",
        "turn it to 5",
        "channel 4 plus",
    ],
)
def test_what_is_no_sum_is_left_alone(text):
    reading = TEMPLATES.read(ENGLISH.words(text))
    handler = SKILL.handlers.get(reading.intent) if reading is not None else None
    assert handler is None or handler(reading, None) is None


def test_fractions_stay_exact():
    third = Operation("/", (Value(Fraction(1)), Value(Fraction(3))))
    assert evaluate(Operation("*", (third, Value(Fraction(3))))) == Value(Fraction(1))
    assert convert(Value(Fraction(72), "degree_Fahrenheit"), "degree_Celsius").number == Fraction(200, 9)
    with pytest.raises(Undefined):
        evaluate(Operation("^", (Value(Fraction(10)), Value(Fraction(10**9)))))


def test_numbers_are_written_as_they_are_or_about():
    assert decimal(Fraction(1, 3)) == ("0.333", False)
    assert decimal(Fraction(5, 4)) == ("1.25", True)
    assert decimal(Fraction(-7, 2)) == ("-3.5", True)
    assert decimal(Fraction(1, 3000)) == ("0.000333", False)


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("I buy three books for twelve dollars each, how much do I pay", "That is 36."),
        ("there are 24 children and each gets 3 sweets, how many sweets do I need", "That is 72."),
        ("six boxes hold eight bottles each, how many bottles are that", "That is 48."),
        ("I share 36 sweets among 4 children, how many does each get", "That is 9."),
        ("a rope of 30 meters is cut into 6 equal pieces, how long is each", "That is 5."),
        ("six eggs cost three dollars, how much do ten eggs cost", "That is 5: 3 divided by 6 times 10."),
        (
            "a recipe for four people needs 300 grams of flour, how much do I need for six people",
            "That is 450: 300 divided by 4 times 6.",
        ),
        ("if a ticket costs nine dollars, how much do five tickets cost", "That is 45."),
        ("a pizza has eight slices and I eat three, how many are left", "That is 5."),
        ("anna has five apples and gives two to ben, how many does she have", "That is 3."),
        ("a bus has 45 seats and 38 are taken, how many are free", "That is 7."),
        ("tom has seven marbles and finds nine more, how many has he now", "That is 16."),
        ("paul is 12 and his sister is 4 years younger, how old is she", "That is 8."),
        ("a book has 240 pages and I read 30 pages a day, how many days do I need", "That is 8."),
        ("I save twenty dollars a week, how much is that after 6 weeks", "That is 120."),
        ("a room is 4 meters long and 3 meters wide, what is its area", "That is 12."),
        ("a shirt costs 40 dollars and is reduced by 25 percent, what does it cost now", "That is 30."),
    ],
)
def test_word_problems_of_a_known_shape(problem, answer):
    assert Conversation().say(problem).reply == answer


@pytest.mark.parametrize(
    "problem",
    [
        "anna has five apples and gives two to ben, how many does ben have",
        "five workers need six days, how many days do three workers need",
        "two brothers are 10 and 14, how old is their father",
        "tom is 12 and his sister is twice as old, how old is she",
        "a film starts at 8 and lasts 95 minutes, when does it end",
        "if I save twenty dollars a week how much do I have after a year",
        "what is the perimeter of a square with sides of 5 meters",
        "my car needs 7 liters per 100 kilometers, how much for 350 kilometers",
        "a snail climbs 3 meters by day and slips 2 meters by night, how many days does it need for 10 meters",
    ],
)
def test_a_wrong_number_is_worse_than_none(problem):
    assert Conversation().say(problem).reply == "I can't work that out."
